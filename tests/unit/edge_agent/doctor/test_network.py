import pytest

from edge_agent.doctor.finding import Finding
from edge_agent.doctor.network import dns, route


@pytest.mark.parametrize(
    ("host", "outcome"),
    [("127.0.0.1", "address"), ("::1", "address"), ("localhost", "ok"), ("no-such-host.invalid", "unknown")],
)
def test_name_of_the_broker_is_looked_up(host: str, outcome: str) -> None:
    assert dns(host).outcome == outcome


def test_route_names_our_own_address() -> None:
    assert route("127.0.0.1", 1883) == Finding(
        "ROUTE", "ok", values={"host": "127.0.0.1", "own_address": "127.0.0.1"}
    )


def test_route_to_an_unknown_name_is_left_to_dns() -> None:
    assert route("no-such-host.invalid", 1883).outcome == "no_name"


def test_no_route_is_told() -> None:
    # The kernel refuses the broadcast address to a socket that did not ask for broadcasting.
    assert route("255.255.255.255", 1883).outcome == "none"

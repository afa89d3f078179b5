"""The broker's address, account and keep-alive, from the configuration."""

import pytest

from aggregator.broker.accounts import client_id
from edge_agent.uplink.endpoint import derived_client_id, endpoint_of
from edge_agent.uplink.errors import EndpointError
from fleet.wire.node_config import NodeConfig, parse_node_config


def config(broker: str) -> NodeConfig:
    return parse_node_config(f'[node]\nid = "cam-7"\ndata_dir = "d"\n[broker]\n{broker}\n')


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://10.0.0.1", ("10.0.0.1", 1883, False)),
        ("mqtts://broker.example", ("broker.example", 8883, True)),
        ("mqtt://localhost:2883", ("localhost", 2883, False)),
    ],
)
def test_the_url_gives_host_port_and_tls(url: str, expected: tuple[str, int, bool]) -> None:
    endpoint = endpoint_of(config(f'url = "{url}"'), "pw")
    assert (endpoint.host, endpoint.port, endpoint.tls) == expected


def test_a_port_that_cannot_be_is_refused_with_the_next_step() -> None:
    with pytest.raises(EndpointError, match="use 1 to 65535"):
        endpoint_of(config('url = "mqtt://host:70000"'), "pw")


def test_user_and_client_id_default_to_the_node_and_a_suffix_of_its_password() -> None:
    endpoint = endpoint_of(config('url = "mqtt://h"'), "pw")
    assert endpoint.user == "cam-7"
    assert endpoint.client_id == derived_client_id("cam-7", "pw") != derived_client_id("cam-7", "other")


def test_the_aggregator_draws_the_same_client_id() -> None:
    assert derived_client_id("cam-7", "secret") == client_id("cam-7", "secret")


def test_a_given_client_id_and_user_are_kept_and_secrets_do_not_show() -> None:
    endpoint = endpoint_of(config('url = "mqtt://h"\nuser = "u"\nclient_id = "given"'), "sesame")
    assert (endpoint.user, endpoint.client_id) == ("u", "given")
    assert "sesame" not in repr(endpoint)


@pytest.mark.parametrize("keepalive_s", [5, 30, 600])
def test_both_sides_notice_a_dead_link_within_one_and_a_half_keepalives(keepalive_s: int) -> None:
    ping_s = endpoint_of(config(f'url = "mqtt://h"\nkeepalive_s = {keepalive_s}'), "").ping_s
    assert 2 * ping_s <= 1.5 * keepalive_s

import pytest

from aggregator.broker.embedded_nats import free_ports, restart_delay_s


@pytest.mark.parametrize(
    ("last_s", "uptime_s", "expected_s"),
    [
        (0.0, 0.0, 0.1),
        (0.1, 0.0, 0.2),
        (0.2, 59.9, 0.4),
        (20.0, 1.0, 30.0),
        (30.0, 1.0, 30.0),
        (30.0, 60.0, 0.1),
    ],
)
def test_the_delay_doubles_to_its_bound_and_starts_anew(
    last_s: float, uptime_s: float, expected_s: float
) -> None:
    assert expected_s == restart_delay_s(last_s, uptime_s)


def test_ports_differ_and_lie_below_the_ephemeral_range() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert all(20_000 <= port < 32_000 for port in ports)

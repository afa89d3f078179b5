from pathlib import Path

import pytest

from aggregator.broker.accounts import AGGREGATOR_USER, KEEPER_USER, TAP_USER, Account, AccountList
from aggregator.broker.nats_config import NatsSettings, render_config, render_users, subjects_of

EXAMPLES = Path(__file__).resolve().parents[4] / "provisioning/nats"
SETTINGS = NatsSettings(
    directory=Path("/var/lib/matthan/broker"),
    mqtt_port=1883,
    client_port=24222,
    monitor_port=28222,
    monitor_path="/a-secret-made-at-each-start",
)
ACCOUNTS = AccountList(
    aggregator=Account(AGGREGATOR_USER, "generated-1", "00"),
    tap=Account(TAP_USER, "generated-2", "00"),
    keeper=Account(KEEPER_USER, "generated-3", "00"),
).with_nodes([Account("node-b", "generated-5", "00"), Account("node-a", "generated-4", "00")])


@pytest.mark.parametrize(
    ("name", "rendered"),
    [("nats.conf.example", render_config(SETTINGS)), ("users.conf.example", render_users(ACCOUNTS))],
)
def test_the_rendered_text_is_the_one_in_provisioning(name: str, rendered: str) -> None:
    assert (EXAMPLES / name).read_text() == rendered


@pytest.mark.parametrize(
    ("mqtt_filter", "expected"),
    [
        ("mt/v1/up/node-a/+", ("mt.v1.up.node-a.*",)),
        ("mt/v1/dn/+/+", ("mt.v1.dn.*.*",)),
        ("mt/v1/host/state", ("mt.v1.host.state",)),
        ("mt/v1/up/#", ("mt.v1.up", "mt.v1.up.>")),
    ],
)
def test_a_filter_becomes_subjects(mqtt_filter: str, expected: tuple[str, ...]) -> None:
    assert expected == subjects_of(mqtt_filter)


@pytest.mark.parametrize("key", ["host", "http"])
def test_every_listener_names_its_address(key: str) -> None:
    lines = [line.strip() for line in render_config(SETTINGS).splitlines()]
    named = [line for line in lines if line.startswith(f"{key}:")]
    assert named
    assert all("127.0.0.1" in line for line in named)


def test_a_path_with_quotes_stays_one_string() -> None:
    settings = NatsSettings(Path('/srv/a "b"'), 1, 2, 3, "/x")
    assert 'store_dir: "/srv/a \\"b\\"/jetstream"' in render_config(settings)

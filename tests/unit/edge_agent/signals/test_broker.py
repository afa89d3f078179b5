from pathlib import Path

import pytest

from edge_agent.signals.broker import SignalBroker, signal_broker
from edge_agent.signals.errors import FeedError
from fleet.wire.node_config import parse_node_config

NODE = '[node]\nid = "cam-01"\ndata_dir = "/d"\n[broker]\nurl = "mqtt://127.0.0.1"\n'


def configured(section: str) -> SignalBroker | None:
    return signal_broker(parse_node_config(NODE + section), "gate")


def test_without_a_section_there_is_no_broker() -> None:
    assert configured("") is None


@pytest.mark.parametrize(
    ("url", "port", "label"),
    [
        ("mqtt://10.0.0.9", 1883, "mqtt://10.0.0.9:1883"),
        ("mqtts://10.0.0.9", 8883, "mqtts://10.0.0.9:8883"),
        ("mqtt://10.0.0.9:1999", 1999, "mqtt://10.0.0.9:1999"),
    ],
)
def test_the_section_says_where(url: str, port: int, label: str) -> None:
    broker = configured(f'[signals]\nurl = "{url}"\n')
    assert broker is not None
    assert (broker.port, broker.label) == (port, label)


def test_two_feeds_never_share_a_client_id() -> None:
    one, other = (configured('[signals]\nurl = "mqtt://10.0.0.9"\n') for _ in range(2))
    assert one is not None
    assert other is not None
    assert one.client_id != other.client_id
    assert one.client_id.startswith("cam-01-gate-")


def test_the_password_is_read_anew_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    broker = configured(f'[signals]\nurl = "mqtt://h"\nuser = "reader"\npassword_file = "{file}"\n')
    assert broker is not None
    with pytest.raises(FeedError, match=r"signals\.password_file"):
        broker.read_password()
    file.write_text("secret\n")
    assert broker.read_password() == "secret"

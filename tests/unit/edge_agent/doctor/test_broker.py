from pathlib import Path

import pytest

from edge_agent.doctor.broker import broker
from fleet.wire.node_config import BrokerSection, NodeConfig, NodeSection


def config(section: BrokerSection) -> NodeConfig:
    return NodeConfig(node=NodeSection(id="gate", data_dir="/gone"), broker=section)


def test_missing_password_file_is_told(tmp_path: Path) -> None:
    finding = broker(config(BrokerSection(url="mqtt://127.0.0.1:1", password_file=str(tmp_path / "gone"))))
    assert (finding.outcome, finding.values["file"]) == ("no_password_file", str(tmp_path / "gone"))


def test_address_with_an_impossible_port_is_told() -> None:
    assert broker(config(BrokerSection(url="mqtt://host:99999"))).outcome == "bad_address"


@pytest.mark.parametrize(("user", "shown"), [("", "gate"), ("other", "other")])
def test_broker_that_is_down_is_told_without_the_password(tmp_path: Path, user: str, shown: str) -> None:
    password = tmp_path / "password"
    password.write_text("hunter2\n")
    finding = broker(config(BrokerSection(url="mqtt://127.0.0.1:1", user=user, password_file=str(password))))
    assert finding.outcome == "refused"
    assert finding.values["user"] == shown
    assert "hunter2" not in str(finding)

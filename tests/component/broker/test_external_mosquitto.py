from pathlib import Path

import pytest
from servers.mosquitto import MosquittoServer
from servers.mqtt import MqttClient
from servers.ports import LOOPBACK, free_port

from aggregator.broker.external_mosquitto import ExternalMosquitto
from aggregator.errors import BrokerError, ConfigError


def test_a_broker_that_does_not_answer_is_told_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    url = f"mqtt://{LOOPBACK}:{free_port()}"
    broker = ExternalMosquitto(tmp_path / "accounts", url=url, files=tmp_path / "files", live_timeout_s=0.2)
    with broker, pytest.raises(BrokerError, match=r"did not take its new accounts.*reloaded"):
        broker.ensure_node("node-a")


def test_accounts_written_before_the_broker_starts_are_live_at_its_start(
    mosquitto_server: MosquittoServer,
) -> None:
    node = mosquitto_server.add_nodes(["node-a"])[0]
    mosquitto_server.kill9()
    mosquitto_server.start()
    with MqttClient(mosquitto_server.url, node) as client:
        assert client.publish("mt/v1/up/node-a/state", b"here")


@pytest.mark.parametrize("url", ["mqtts://host:8883", "host:1883", "mqtt://"])
def test_an_address_that_cannot_serve_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="write mqtt://"):
        ExternalMosquitto(tmp_path, url=url, files=tmp_path)


def test_its_files_may_be_read_by_their_group_alone(mosquitto_server: MosquittoServer) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in mosquitto_server.files.iterdir()}
    assert modes == {"passwords": 0o640, "acl": 0o640}

"""The embedded broker's process: where it listens, who may hold it, what is left behind."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from servers.mosquitto import MosquittoServer
from servers.mqtt import MqttClient
from servers.nats import NatsServer
from servers.ports import LOOPBACK

from aggregator.broker.embedded_nats import EmbeddedNats
from aggregator.broker.mqtt_connect import ConnectAnswer, MqttAddress, connect_clean
from aggregator.errors import BrokerError, DataDirError, PortTakenError


def test_nothing_listens_beyond_loopback(any_broker: NatsServer | MosquittoServer) -> None:
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(any_broker.pid).net_connections(kind="inet")
        if connection.status in {psutil.CONN_LISTEN, psutil.CONN_NONE}
    ]
    assert set(listening) == {LOOPBACK}


def test_its_files_are_closed_to_others(nats_server: NatsServer) -> None:
    nats_server.add_nodes(["node-a"])
    directory = nats_server.directory
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir() if path.is_file()}
    assert {name: mode & 0o007 for name, mode in modes.items() if name != "lock"} == dict.fromkeys(
        modes.keys() - {"lock"}, 0
    )
    for name in ("accounts.json", "users.conf", "nats.conf"):
        assert modes[name] == 0o600


def test_the_monitoring_interface_is_closed_without_its_secret_path(nats_server: NatsServer) -> None:
    port = nats_server.broker.settings.monitor_port
    with socket.create_connection((LOOPBACK, port), timeout=3) as connection:
        connection.sendall(b"GET /connz?auth=true HTTP/1.0\r\n\r\n")
        answer = connection.recv(4_096)
    assert answer.startswith(b"HTTP/1.0 404")


def test_a_second_server_on_the_same_directory_is_refused_and_the_first_goes_on(
    nats_server: NatsServer,
) -> None:
    with pytest.raises(DataDirError, match="another server holds"):
        EmbeddedNats(nats_server.directory, port=0).start()
    with MqttClient(nats_server.url, nats_server.broker.tap_credentials):
        pass


def test_a_taken_port_is_named_with_the_next_step(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        broker = EmbeddedNats(tmp_path / "nats", port=port)
        with pytest.raises(PortTakenError, match=rf"{LOOPBACK}:{port}.*broker\.port"):
            broker.start()
    broker.start()  # nothing is held after the failure
    broker.stop()


def test_a_damaged_store_is_told_with_the_servers_own_words(tmp_path: Path) -> None:
    (tmp_path / "nats").mkdir()
    (tmp_path / "nats/jetstream").write_text("not a directory")
    with pytest.raises(BrokerError, match="not a directory"):
        EmbeddedNats(tmp_path / "nats", port=0).start()


LEFT_BEHIND = """
import sys, time
from pathlib import Path
from aggregator.broker.embedded_nats import EmbeddedNats
broker = EmbeddedNats(Path(sys.argv[1]), port=int(sys.argv[2]))
broker.start()
print(broker.pid, flush=True)
time.sleep(600)
"""


def test_the_broker_of_a_killed_aggregator_serves_on_until_the_next_one_takes_over(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    del nats_server  # only so that its port is not the one we take
    port = EmbeddedNats(tmp_path, port=0).settings.mqtt_port
    command = [sys.executable, "-c", LEFT_BEHIND, str(tmp_path), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        orphan = psutil.Process(int(killed.stdout.readline()))
        killed.send_signal(signal.SIGKILL)
    time.sleep(0.2)
    assert orphan.is_running()
    with EmbeddedNats(tmp_path, port=port) as broker:
        assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
        assert broker.pid != orphan.pid
        with MqttClient(broker.url, broker.tap_credentials):
            pass


def test_accounts_made_while_the_server_is_down_are_live_when_it_is_back(nats_server: NatsServer) -> None:
    os.kill(nats_server.pid, signal.SIGKILL)
    node = nats_server.add_nodes(["node-a"])[0]
    deadline = time.monotonic() + 10
    address = MqttAddress(LOOPBACK, nats_server.port)
    while connect_clean(address, node) is not ConnectAnswer.ACCEPTED:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with MqttClient(nats_server.url, node, clean=True) as client:
        assert client.publish("mt/v1/up/node-a/state", b"here")

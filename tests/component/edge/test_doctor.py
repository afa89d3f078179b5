"""`edge-agent doctor` against real brokers, a real camera server and a node whose agent is connected."""

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from fakes.authority import self_signed
from fakes.clips import write_clip
from servers.mosquitto import MosquittoServer
from servers.nats import NatsServer
from servers.rtsp import RtspServer

from aggregator.broker.accounts import NodeCredentials
from edge_agent.doctor.mqtt_probe import probe_broker
from edge_agent.uplink.endpoint import Endpoint

Broker = NatsServer | MosquittoServer
SCENE = """
[[lines]]
id = "gate"
from = [0.5, 0.1]
to = [0.5, 0.9]
[[rules]]
id = "gate-count"
kind = "line_count"
line = "gate"
"""


@dataclass(frozen=True)
class Node:
    """A node's files; every key of the configuration that a test bends is an argument."""

    directory: Path

    def configured(self, *, url: str, password: str, source: str) -> Path:
        (self.directory / "password").write_text(password)
        (self.directory / "scene.toml").write_text(SCENE)
        path = self.directory / "node.toml"
        path.write_text(
            f'[node]\nid = "gate-01"\ndata_dir = "{self.directory / "data"}"\n'
            f'[broker]\nurl = "{url}"\npassword_file = "{self.directory / "password"}"\n'
            f'[[cameras]]\nid = "cam"\nsource = "{source}"\nfps = 10\n'
            f'scene = "{self.directory / "scene.toml"}"\n'
            '[[sensors]]\nid = "air"\ndriver = "simulated"\n[outbox]\nquota_mb = 10\n[model]\nthreads = 1\n'
        )
        return path


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


@pytest.fixture
def credentials(any_broker: Broker) -> NodeCredentials:
    return any_broker.add_nodes(["gate-01"])[0]


def endpoint_of(any_broker: Broker, credentials: NodeCredentials) -> Endpoint:
    return Endpoint(
        "127.0.0.1", any_broker.port, False, "", credentials.user, credentials.password, credentials.client_id
    )


def diagnosed(config: Path) -> tuple[int, dict[str, dict[str, str]], str]:
    """Exit code, finding by check, and everything that was printed."""
    program = (
        "import argparse, sys\n"
        "from edge_agent.doctor import command\n"
        "parser = argparse.ArgumentParser()\n"
        "command.add_arguments(parser)\n"
        "sys.exit(command.run(parser.parse_args()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--json", "--config", str(config)],
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {line["code"]: line for line in lines}, done.stdout + done.stderr


@contextmanager
def agent_connected(
    any_broker: Broker, credentials: NodeCredentials
) -> Iterator[tuple[mqtt.Client, list[bool]]]:
    """A client in the agent's own session, with a subscription; tells `session_present` of each connect."""
    sessions: list[bool] = []
    connected = threading.Event()
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2,
        client_id=credentials.client_id,
        clean_session=False,
        protocol=mqtt.MQTTv311,
    )
    client.username_pw_set(credentials.user, credentials.password)
    client.reconnect_delay_set(min_delay=1, max_delay=1)

    def on_connect(_: object, __: object, flags: mqtt.ConnectFlags, *___: object) -> None:
        sessions.append(flags.session_present)
        connected.set()

    client.on_connect = on_connect
    client.connect("127.0.0.1", any_broker.port)
    client.loop_start()
    assert connected.wait(10.0)
    subscribed = threading.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    client.subscribe("mt/v1/dn/gate-01/+", qos=1)
    assert subscribed.wait(10.0)
    yield client, sessions
    client.disconnect()
    client.loop_stop()


def test_node_that_is_well_passes(any_broker: Broker, credentials: NodeCredentials, node: Node) -> None:
    clip = write_clip(node.directory / "clip.avi", frames=40, fps=10)
    config = node.configured(url=any_broker.url, password=credentials.password, source=f"file:{clip}?loop=1")
    code, found, printed = diagnosed(config)
    assert found["BROKER"]["outcome"] == "ok"
    assert found["MODEL"]["outcome"] in {"ok", "slow"}
    assert {found[name]["status"] for name in ("CONFIG", "ROUTE", "DISK-SPACE", "SCENE", "SENSOR")} == {"ok"}
    # A clip of plain grey: it opens and runs at its rate, and the doctor sees that nothing can be seen.
    assert found["CAMERA"]["outcome"] in {"dark", "blurred"}
    assert code == 1
    assert credentials.password not in printed


def test_wrong_password_is_told_from_a_broker_that_is_down(
    any_broker: Broker, credentials: NodeCredentials, node: Node
) -> None:
    endpoint = endpoint_of(any_broker, credentials)
    wrong = Endpoint(endpoint.host, endpoint.port, False, "", endpoint.user, "wr0ng", endpoint.client_id)
    stranger = Endpoint(endpoint.host, endpoint.port, False, "", "nobody", "wr0ng", "x")
    outcomes = [probe_broker(each, "doctor-1", 5.0) for each in (endpoint, wrong, stranger)]
    config = node.configured(url=any_broker.url, password="wr0ng-pw", source="file:/gone.mp4")
    any_broker.stop()
    code, found, printed = diagnosed(config)
    assert outcomes == ["ok", "not_authorised", "not_authorised"]
    assert (code, found["BROKER"]["outcome"], found["CAMERA"]["outcome"]) == (2, "refused", "missing")
    assert found["SENSOR"]["outcome"] == "ok", "one failing check hides no other"
    assert "wr0ng-pw" not in printed


def test_running_agent_keeps_its_session(any_broker: Broker, credentials: NodeCredentials) -> None:
    with agent_connected(any_broker, credentials) as (client, sessions):
        assert probe_broker(endpoint_of(any_broker, credentials), "doctor-1", 5.0) == "ok"
        client.disconnect()
        client.loop_stop()
        client.reconnect()
        until_s = time.monotonic() + 10.0
        while len(sessions) < 2 and time.monotonic() < until_s:
            client.loop(0.05)
    assert sessions[0] is False
    assert set(sessions[1:]) == {True}, "the session and its subscription outlive the doctor's question"


def test_doctor_leaves_no_session_of_its_own(nats_server: NatsServer) -> None:
    credentials = nats_server.add_nodes(["gate-01"])[0]
    endpoint = endpoint_of(nats_server, credentials)
    assert probe_broker(endpoint, "doctor-1", 5.0) == "ok"
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2, client_id="doctor-1", clean_session=False, protocol=mqtt.MQTTv311
    )
    client.username_pw_set(credentials.user, credentials.password)
    present: list[bool] = []
    connected = threading.Event()

    def on_connect(_: object, __: object, flags: mqtt.ConnectFlags, *___: object) -> None:
        present.append(flags.session_present)
        connected.set()

    client.on_connect = on_connect
    client.connect("127.0.0.1", nats_server.port)
    client.loop_start()
    assert connected.wait(20.0)
    client.disconnect()
    client.loop_stop()

    assert present == [False]


def test_rtsp_camera_with_a_wrong_password_is_told(tmp_path: Path, node: Node) -> None:
    with RtspServer(tmp_path / "rtsp", user="admin", password="s3cr-et") as server:
        wrong = server.url.replace("s3cr-et", "wr0ng-pw")
        code, found, printed = diagnosed(
            node.configured(url="mqtt://127.0.0.1:1", password="x", source=wrong)
        )
    assert (code, found["CAMERA"]["outcome"]) == (2, "unauthorised")
    assert "wr0ng-pw" not in printed


@contextmanager
def tls_server(certificate: Path, key: Path) -> Iterator[int]:
    """A TLS port whose MQTT accepts everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5.0)

        def serve() -> None:
            for _ in range(2):
                try:
                    plain, _ = server.accept()
                    with context.wrap_socket(plain, server_side=True) as connection:
                        connection.recv(4096)
                        connection.sendall(b"\x20\x02\x00\x00")
                        connection.recv(4096)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.close()
        thread.join()


@pytest.mark.parametrize(("trusted", "outcome"), [(True, "ok"), (False, "certificate")])
def test_certificate_of_a_tls_broker_is_checked(tmp_path: Path, *, trusted: bool, outcome: str) -> None:
    certificate, key = self_signed(tmp_path / "ours", x509.DNSName("localhost"))
    other, _ = self_signed(tmp_path / "other", x509.DNSName("localhost"))
    with tls_server(certificate, key) as port:
        endpoint = Endpoint(
            "localhost", port, True, str(certificate if trusted else other), "gate", "pw", "x"
        )
        assert probe_broker(endpoint, "doctor-1", 5.0) == outcome

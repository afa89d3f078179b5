import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from edge_agent.doctor.mqtt_probe import Connack, ProbeOutcome, connect_packet, parse_connack, probe_broker
from edge_agent.uplink.endpoint import Endpoint


def endpoint(port: int, *, tls: bool = False, ca: str = "") -> Endpoint:
    return Endpoint("127.0.0.1", port, tls, ca, "gate", "secret", "gate-1")


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server on a loopback port: one connection and one answer each; keeps what it heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()

                with connection, suppress(ConnectionError):
                    heard.append(connection.recv(4096))
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(4096)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], heard
        thread.join()


def test_connect_packet_is_mqtt_3_1_1() -> None:
    assert connect_packet("c1", "gate", "secret", clean=True) == (
        b"\x10\x1c\x00\x04MQTT\x04\xc2\x00\x14\x00\x02c1\x00\x04gate\x00\x06secret"
    )


def test_long_packets_carry_a_longer_length() -> None:
    assert connect_packet("c" * 200, "u", "p", clean=False)[:3] == b"\x10\xda\x01"


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (b"\x20\x02\x00\x00", Connack(0, session_present=False)),
        (b"\x20\x02\x01\x00", Connack(0, session_present=True)),
    ],
)
def test_answer_is_read(packet: bytes, expected: Connack) -> None:
    assert parse_connack(packet) == expected


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([b"\x20\x02\x01\x00"], "ok"),
        ([b"\x20\x02\x00\x04"], "password"),
        ([b"\x20\x02\x00\x05"], "not_authorised"),
        ([b"\x20\x02\x00\x03"], "no_mqtt"),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "no_mqtt"),
        ([b""], "no_mqtt"),
    ],
)
def test_answer_of_the_broker_is_told_apart(answers: list[bytes], outcome: ProbeOutcome) -> None:
    with answering(*answers) as (port, _):
        assert probe_broker(endpoint(port), "doctor-1", 2.0) == outcome


def test_session_that_the_question_made_is_removed() -> None:
    with answering(b"\x20\x02\x00\x00", b"\x20\x02\x00\x00") as (port, heard):
        probe_broker(endpoint(port), "doctor-1", 2.0)
    assert heard == [connect_packet("doctor-1", "gate", "secret", clean=clean) for clean in (False, True)]


def test_session_that_was_there_before_is_left_alone() -> None:
    with answering(b"\x20\x02\x01\x00") as (port, heard):
        probe_broker(endpoint(port), "doctor-1", 2.0)
    assert heard == [connect_packet("doctor-1", "gate", "secret", clean=False)]


def test_port_without_a_listener_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert probe_broker(endpoint(port), "doctor-1", 2.0) == "refused"


def test_server_that_says_nothing_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert probe_broker(endpoint(server.getsockname()[1]), "doctor-1", 0.1) == "no_answer"


def test_missing_authority_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert (
            probe_broker(endpoint(port, tls=True, ca=str(tmp_path / "ca.pem")), "doctor-1", 1.0)
            == "ca_missing"
        )


def test_plain_port_does_not_speak_tls() -> None:
    with answering(b"\x20\x02\x00\x00") as (port, _):
        assert probe_broker(endpoint(port, tls=True), "doctor-1", 2.0) == "no_tls"

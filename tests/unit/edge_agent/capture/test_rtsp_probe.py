import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from edge_agent.capture.errors import Reason
from edge_agent.capture.rtsp_probe import (
    RtspReply,
    authorization,
    describe_request,
    parse_reply,
    why_unavailable,
)
from edge_agent.capture.source import RtspSource, parse_source

DIGEST = 'Digest realm="IP Camera(12345)", nonce="4d2a", stale="FALSE"'


def rtsp(url: str) -> RtspSource:
    source = parse_source(url)
    assert isinstance(source, RtspSource)
    return source


@contextmanager
def answering(*replies: bytes) -> Iterator[int]:
    """A camera on a loopback port that gives these answers, one a request, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                for reply in replies:
                    connection.recv(4096)
                    connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_digest_answer_is_that_of_rfc_2069() -> None:
    # md5(md5("admin:IP Camera(12345):pass") ":4d2a:" md5("DESCRIBE:rtsp://cam/1")), worked out with md5sum.
    expected = (
        'Digest username="admin", realm="IP Camera(12345)", nonce="4d2a", uri="rtsp://cam/1", '
        'response="bee15b5a848437dea5a5414c0bba1583"'
    )
    assert authorization((DIGEST, 'Basic realm="x"'), "admin", "pass", "rtsp://cam/1") == expected


def test_basic_is_used_when_it_is_all_there_is() -> None:
    assert authorization(('Basic realm="x"',), "admin", "pass", "rtsp://cam/1") == "Basic YWRtaW46cGFzcw=="


def test_unknown_challenge_has_no_answer() -> None:
    assert authorization(("Negotiate",), "admin", "pass", "rtsp://cam/1") is None


def test_request_holds_the_address_and_the_answer() -> None:
    assert describe_request("rtsp://cam/1", 2, "Basic eA==") == (
        b"DESCRIBE rtsp://cam/1 RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\nUser-Agent: matthan\r\n"
        b"Authorization: Basic eA==\r\n\r\n"
    )


def test_reply_is_parsed_with_its_challenges() -> None:
    head = (
        b"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nwww-authenticate: Basic realm=x\r\nWWW-Authenticate: "
        + DIGEST.encode()
    )
    assert parse_reply(head) == RtspReply(401, ("Basic realm=x", DIGEST))


def test_answer_that_is_not_rtsp_is_refused() -> None:
    with pytest.raises(ValueError, match="not an RTSP answer"):
        parse_reply(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("login", "replies", "reason", "says"),
    [
        (
            "",
            [b"RTSP/1.0 401 No\r\nWWW-Authenticate: Basic realm=x\r\n\r\n"],
            "unauthorised",
            "asks for a user",
        ),
        (
            "admin:bad@",
            [
                b"RTSP/1.0 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 4\r\n\r\nbody",
                b"RTSP/1.0 401 No\r\n\r\n",
            ],
            "unauthorised",
            'refuses the password of user "admin"',
        ),
        ("admin:bad@", [b"RTSP/1.0 401 No\r\nWWW-Authenticate: New x\r\n\r\n"], "unauthorised", "refuses"),
        ("", [b"RTSP/1.0 404 Not Found\r\n\r\n"], "no_such_stream", "no such stream"),
        ("", [b"RTSP/1.0 200 OK\r\n\r\n"], "no_picture", "no picture came"),
        ("", [b"RTSP/1.0 503 Busy\r\n\r\n"], "unreachable", "status 503"),
        ("", [b"HTTP/1.1 400 Bad\r\n\r\n"], "unreachable", "no answer"),
        ("", [b""], "unreachable", "no answer"),
    ],
)
def test_camera_that_answers_tells_its_fault(
    login: str, replies: list[bytes], reason: Reason, says: str
) -> None:
    with answering(*replies) as port:
        error = why_unavailable(rtsp(f"rtsp://{login}127.0.0.1:{port}/s"), 2.0)
    assert (error.reason, says in error.problem, "bad" in str(error)) == (reason, True, False)


def test_tls_camera_is_not_sent_the_password() -> None:
    with answering() as port:
        error = why_unavailable(rtsp(f"rtsps://admin:pass@127.0.0.1:{port}/s"), 2.0)
    assert error.reason == "unreachable"
    assert "accepts connections" in error.problem


def test_port_that_nobody_listens_on_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "refuses connections" in why_unavailable(rtsp(f"rtsp://127.0.0.1:{port}/s"), 2.0).problem


def test_name_that_is_not_known_is_told() -> None:
    assert "is not known" in why_unavailable(rtsp("rtsp://no-such-camera.invalid/s"), 2.0).problem

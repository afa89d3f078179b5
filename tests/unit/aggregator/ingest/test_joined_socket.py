import select
import socket
import ssl
from collections.abc import Iterator

import pytest

from aggregator.ingest.joined_socket import JoinedContext, JoinedSocket


@pytest.fixture
def ends() -> Iterator[tuple[JoinedSocket, socket.socket]]:
    near, far = socket.socketpair()
    near.setblocking(False)
    joined = JoinedSocket(near)
    yield joined, far
    joined.close()
    far.close()


def test_small_reads_are_served_from_what_was_read_ahead(ends: tuple[JoinedSocket, socket.socket]) -> None:
    joined, far = ends
    far.sendall(b"abcdef")
    assert (
        joined.recv(1),
        joined.pending(),
        joined.recv(3),
        joined.pending(),
        joined.recv(100),
        joined.pending(),
    ) == (b"a", 5, b"bcd", 2, b"ef", 0)
    with pytest.raises(BlockingIOError):
        joined.recv(1)
    far.close()
    assert joined.recv(1) == b""


def test_writes_wait_for_the_flush_and_go_together(ends: tuple[JoinedSocket, socket.socket]) -> None:
    joined, far = ends
    assert (joined.send(b"abc"), joined.send(b"def"), joined.unsent) == (3, 3, True)
    assert select.select([far], [], [], 0)[0] == []
    joined.flush()
    assert (far.recv(100), joined.unsent) == (b"abcdef", False)


def test_what_the_system_does_not_take_stays_to_be_sent(ends: tuple[JoinedSocket, socket.socket]) -> None:
    joined, far = ends
    data = bytes(range(256)) * 8_192
    joined.send(data)
    received = b""
    while joined.unsent:
        joined.flush()
        received += far.recv(1 << 20)
    joined.close()
    while chunk := far.recv(1 << 20):
        received += chunk
    assert data == received


def test_past_its_bound_it_takes_no_more(ends: tuple[JoinedSocket, socket.socket]) -> None:
    joined, _ = ends
    joined.send(bytes(9_000_000))
    with pytest.raises(BlockingIOError):
        joined.send(b"more")


def test_a_lost_connection_shows_at_the_flush(ends: tuple[JoinedSocket, socket.socket]) -> None:
    joined, far = ends
    far.close()
    joined.send(b"abc")
    with pytest.raises(OSError, match="Broken pipe"):
        joined.flush()


def test_without_tls_the_context_only_wraps() -> None:
    near, far = socket.socketpair()
    wrapped = JoinedContext(None).wrap_socket(near, server_hostname="host", do_handshake_on_connect=False)
    wrapped.do_handshake()
    wrapped.send(b"plain")
    wrapped.flush()
    assert far.recv(100) == b"plain"
    wrapped.close()
    far.close()


def test_with_tls_the_context_hands_the_connection_to_it() -> None:
    near, far = socket.socketpair()
    wrapped = JoinedContext(ssl.create_default_context()).wrap_socket(
        near, server_hostname="host", do_handshake_on_connect=False
    )
    wrapped.settimeout(0.1)
    with pytest.raises(TimeoutError):
        wrapped.do_handshake()
    handshake_record = 22
    assert handshake_record == far.recv(1)[0]
    wrapped.close()
    far.close()

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from servers.ports import LOOPBACK
from servers.proxy import FaultyProxy


class Echo(threading.Thread):
    """Sends back what it gets, and notes how each connection ended."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server((LOOPBACK, 0))
        self.port = self.listener.getsockname()[1]
        self.ends: list[str] = []
        self._sessions: list[threading.Thread] = []

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            session = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            session.start()
            self._sessions.append(session)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65_536):
                    connection.sendall(data)
                self.ends.append("closed")
            except ConnectionResetError:
                self.ends.append("reset")

    def close(self) -> None:
        if not self.is_alive():
            return
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join()
        for session in self._sessions:
            session.join(5)


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    server.start()
    with contextlib.closing(server):
        yield server


@pytest.fixture
def proxy(echo: Echo) -> Iterator[FaultyProxy]:
    with FaultyProxy(echo.port) as proxy:
        yield proxy


def connect(proxy: FaultyProxy) -> socket.socket:
    return socket.create_connection((LOOPBACK, proxy.port), timeout=3)


def wait_for(condition: Callable[[], bool], *, timeout_s: float = 5) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_forwards_large_data_both_ways(proxy: FaultyProxy) -> None:
    sent = bytes(range(256)) * 8_000
    with connect(proxy) as client:
        threading.Thread(target=client.sendall, args=(sent,)).start()
        received = b""
        while len(received) < len(sent):
            received += client.recv(65_536)
    assert received == sent


def test_cut_resets_connections_and_refuses_new_ones_until_restored(proxy: FaultyProxy, echo: Echo) -> None:
    with connect(proxy) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    wait_for(lambda: echo.ends == ["reset"])
    proxy.restore()
    with connect(proxy) as client:
        client.sendall(b"y")
        assert client.recv(1) == b"y"


def test_freeze_lets_nothing_pass_and_closes_nothing(proxy: FaultyProxy, echo: Echo) -> None:
    with connect(proxy) as client:
        client.sendall(b"a")
        assert client.recv(1) == b"a"
        proxy.freeze()
        client.sendall(b"b")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert echo.ends == []
        proxy.restore()
        client.settimeout(3)
        assert client.recv(1) == b"b"


def test_half_open_ends_the_servers_side_and_tells_the_client_nothing(proxy: FaultyProxy, echo: Echo) -> None:
    with connect(proxy) as client:
        client.sendall(b"a")
        assert client.recv(1) == b"a"
        proxy.half_open()
        wait_for(lambda: echo.ends == ["reset"])
        client.sendall(b"into the void")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        with connect(proxy) as second:
            second.sendall(b"b")
            assert second.recv(1) == b"b"


def test_delay_holds_each_way_back_and_keeps_the_order(proxy: FaultyProxy) -> None:
    proxy.delay(0.1)
    with connect(proxy) as client:
        started = time.monotonic()
        client.sendall(b"12345")
        received = b""
        while len(received) < 5:
            received += client.recv(5)
        assert received == b"12345"
        assert 0.19 < time.monotonic() - started < 10


def test_a_dead_target_resets_the_client(proxy: FaultyProxy, echo: Echo) -> None:
    echo.close()
    with pytest.raises(ConnectionResetError), connect(proxy) as client:  # connect itself may see the reset
        client.recv(1)

"""A socket that reads ahead and joins small writes, in the place where paho expects a TLS socket.

paho reads a message in three or more `recv` calls and writes each acknowledgement with a `send` of
its own; system calls are then most of what a small message costs. Its documented way to a socket of
one's own is `tls_set_context`: a context whose `wrap_socket` returns this object, which wraps the
plain or the encrypted connection. It offers what paho uses of an `ssl.SSLSocket`, `pending` included.
"""

import contextlib
import socket
import ssl
import threading
from typing import Final, Self

_READ_AHEAD: Final = 262_144
_MAX_UNSENT: Final = 8_388_608


class JoinedSocket:
    """One connection. `recv` is for one reader; `send` and `flush` for any thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        with contextlib.suppress(OSError):  # not every address family has it
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ahead = b""
        self._position = 0
        self._unsent = bytearray()
        self._sending = threading.Lock()

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes; b"" at the end; BlockingIOError or an SSLWant… error when there are none."""
        if self._position == len(self._ahead):
            self._ahead = self._connection.recv(_READ_AHEAD)
            self._position = 0
        start = self._position
        self._position = min(start + size, len(self._ahead))
        return self._ahead[start : self._position]

    def pending(self) -> int:
        """Bytes that `recv` gives without asking the system."""
        inner = self._connection.pending() if isinstance(self._connection, ssl.SSLSocket) else 0
        return len(self._ahead) - self._position + inner

    def send(self, data: bytes | bytearray) -> int:
        """Take all of `data` to be sent at the next flush; BlockingIOError when too much waits."""
        with self._sending:
            if len(self._unsent) > _MAX_UNSENT:
                raise BlockingIOError
            self._unsent += data
        return len(data)

    def flush(self) -> None:
        """Send what the system takes now; raises OSError when the connection is gone."""
        with self._sending:
            while self._unsent:
                try:
                    sent = self._connection.send(self._unsent)
                except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    return
                del self._unsent[:sent]

    @property
    def unsent(self) -> bool:
        """Whether a flush would have something to send."""
        return bool(self._unsent)

    def do_handshake(self) -> None:
        """Finish the TLS handshake, where there is one."""
        if isinstance(self._connection, ssl.SSLSocket):
            self._connection.do_handshake()

    def settimeout(self, timeout_s: float | None) -> None:
        """As of a socket."""
        self._connection.settimeout(timeout_s)

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001  the signature of socket.socket
        """As of a socket."""
        self._connection.setblocking(flag)

    def fileno(self) -> int:
        """As of a socket: for select."""
        return self._connection.fileno()

    def close(self) -> None:
        """Send what the system still takes, and close."""
        with contextlib.suppress(OSError):
            self.flush()
        self._connection.close()


class JoinedContext(ssl.SSLContext):
    """A context for `paho.Client.tls_set_context` that gives JoinedSockets.

    Without `tls` they carry plain bytes: the name of the base class is paho's requirement.
    """

    _tls: ssl.SSLContext | None

    def __new__(cls, tls: ssl.SSLContext | None) -> Self:
        """Make the context around `tls`, or around nothing."""
        context = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        context._tls = tls
        return context

    def wrap_socket(  # type: ignore[override]  # paho calls it so, and uses what JoinedSocket has
        self,
        sock: socket.socket,
        *,
        server_hostname: str | None = None,
        do_handshake_on_connect: bool = True,
    ) -> JoinedSocket:
        """Wrap a connected socket."""
        if self._tls is None:
            return JoinedSocket(sock)
        return JoinedSocket(
            self._tls.wrap_socket(
                sock, server_hostname=server_hostname, do_handshake_on_connect=do_handshake_on_connect
            )
        )

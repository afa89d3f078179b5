"""uvicorn in this process: a socket of ours, our signals, an end within seconds.

Invariants: the port is taken before anything else starts, so that a taken one costs nothing; open
live feeds are ended first, so that none of them holds up the stop.
"""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from aggregator.errors import OperatorError, PortTakenError

_BACKLOG: Final = 1024
_GRACE_S: Final = 3


def listen(host: str, port: int) -> socket.socket:
    """Listening socket; raises PortTakenError, or OperatorError when the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(
                f"port {port} on {host} is in use: stop what listens there, "
                "or set another server.port (0 takes a free one)"
            ) from error
        raise OperatorError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; mend server.host and server.port"
        ) from error
    return listening


class HttpServer(uvicorn.Server):
    """Calls `on_ready` once it serves, and `on_stop` in the event loop when it is told to end."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        on_ready: Callable[[], None],
        on_stop: Callable[[], None],
        trusted_proxies: Sequence[str] = (),
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                ws="none",
                # from anybody else a forged X-Forwarded-For would dodge the throttle of sign-in
                proxy_headers=bool(trusted_proxies),
                forwarded_allow_ips=list(trusted_proxies),
                lifespan="on",
                timeout_keep_alive=30,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and tell."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End at SIGTERM and SIGINT, in the event loop, and leave the rest to who called."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_IGN)  # the stop has begun: asking again changes nothing

    def _end(self) -> None:
        self._on_stop()
        self.should_exit = True

"""An application served on loopback by a thread of this process, so that a test can look inside it too."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from types import FrameType

import uvicorn
from servers.patience import eventually
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to pytest."""
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """No signal comes here."""


@contextlib.contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve until the block ends; gives the address."""
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", ws="none")
    server = _Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        thread = threading.Thread(target=server.run, args=([listening],), name="served-app", daemon=True)
        thread.start()
        eventually(lambda: server.started, bool, timeout_s=30)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)

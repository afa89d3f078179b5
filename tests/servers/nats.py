"""The product's own embedded broker as a test server."""

import os
import shutil
import signal
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from aggregator.broker.accounts import NodeCredentials
from aggregator.broker.embedded_nats import EmbeddedNats


class NatsServer:
    """`EmbeddedNats` with the verbs of `ServerProcess`; a context manager.

    `kill9` keeps it down until `start` or `restart`; `crash` kills it and leaves it to its supervisor, as in
    production.
    """

    name = "nats"

    def __init__(self, directory: Path, *, port: int = 0, queue_mib: int = 256) -> None:
        self.broker = EmbeddedNats(directory, port=port, queue_mib=queue_mib)
        self.directory = directory
        self.port = self.broker.settings.mqtt_port
        self.log_path = self.broker.settings.log_path
        self.store_dir = self.broker.settings.store_dir

    @property
    def url(self) -> str:
        """Where MQTT clients connect."""
        return self.broker.url

    @property
    def pid(self) -> int:
        """The running server's process id."""
        pid = self.broker.pid
        if pid is None:
            raise RuntimeError("nats is not running: call start() first")
        return pid

    def start(self) -> Self:
        """Start it and wait until it serves."""
        self.broker.start()
        return self

    def stop(self) -> None:
        """Stop it in order."""
        self.broker.stop()

    def kill9(self) -> None:
        """Kill it as a power cut does; it stays down until `start`."""
        self.broker.stop(signal.SIGKILL)

    def crash(self) -> None:
        """Kill it and leave it to its supervisor."""
        os.kill(self.pid, signal.SIGKILL)

    def restart(self) -> None:
        """Stop it if it runs, and start it again on the same port and files."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop it for good."""
        self.stop()

    def log(self) -> str:
        """Return the log."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def add_nodes(self, node_ids: Iterable[str]) -> list[NodeCredentials]:
        """Return live credentials of the nodes."""
        return self.broker.ensure_nodes(node_ids)

    def wipe_persistence(self) -> None:
        """Remove what the (stopped) broker stored: sessions, queues, retained messages; accounts stay."""
        shutil.rmtree(self.store_dir)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

"""A server process for tests: own process group, log, readiness, kill -9 and restart on the same port."""

import os
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from types import TracebackType
from typing import Self

from servers.ports import accepts, free_port

LOG_TAIL_BYTES = 4_000


class ServerStartError(RuntimeError):
    """The server ended, or was not ready in time; the message carries the end of its log."""


class ServerProcess(ABC):
    """One real server on a free loopback port, its files under `directory`.

    A context manager: entering starts the server and waits until it is ready, leaving stops it.
    The port stays the same through `kill9` and `restart`.
    """

    name: str
    ready_timeout_s: float = 30.0

    def __init__(self, directory: Path, *, port: int | None = None) -> None:
        self.directory = directory
        self.port = port or free_port()
        self.log_path = self.directory / f"{self.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._prepared = False

    @abstractmethod
    def command(self) -> list[str]:
        """Return the program and its arguments, after writing what it reads."""

    def environment(self) -> dict[str, str]:
        """Return the environment that the program runs in."""
        return dict(os.environ)

    def prepare(self) -> None:
        """Do what must be done once before the first start."""
        self.directory.mkdir(parents=True, exist_ok=True)

    def is_ready(self) -> bool:
        """Tell whether the server serves."""
        return accepts(self.port)

    @property
    def pid(self) -> int:
        """The running server's process id."""
        if self._process is None:
            raise RuntimeError(f"{self.name} is not running: call start() first")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start the server and wait until it is ready."""
        if self.running:
            return self
        if not self._prepared:
            self.prepare()
            self._prepared = True
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                env=self.environment(),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_ready(self._process)
        return self

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self.ready_timeout_s
        while not self.is_ready():
            if process.poll() is not None:
                raise ServerStartError(f"{self.name} ended with {process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.kill9()
                raise ServerStartError(
                    f"{self.name} not ready in {self.ready_timeout_s} s:\n{self.log_tail()}"
                )
            time.sleep(0.02)

    def log_tail(self) -> str:
        """Return the end of the server's log."""
        if not self.log_path.exists():
            return "(no log)"
        return self.log_path.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")

    def log(self) -> str:
        """Return the whole log."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def signal(self, number: Signals) -> None:
        """Send a signal to the server's main process."""
        os.kill(self.pid, number)

    def kill9(self) -> None:
        """Kill the server and all its children at once, as a power cut does; down until `restart`."""
        self._end(SIGKILL, whole_group=True, timeout_s=10)

    def stop(self, *, timeout_s: float = 15) -> None:
        """Ask the server to end, and kill it after `timeout_s`."""
        self._end(SIGTERM, whole_group=False, timeout_s=timeout_s)

    def close(self) -> None:
        """Stop the server for good and let go of what it held."""
        self.stop()

    def restart(self) -> None:
        """Stop the server if it runs, and start it again on the same port and files."""
        self.stop()
        self.start()

    def _end(self, number: Signals, *, whole_group: bool, timeout_s: float) -> None:
        process = self._process
        if process is None:
            return
        try:
            if whole_group:
                os.killpg(process.pid, number)
            elif process.poll() is None:
                process.send_signal(number)
        except ProcessLookupError:
            pass
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, SIGKILL)
            process.wait(10)
        self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

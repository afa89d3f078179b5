"""Child processes of a run on one machine: started, watched, stopped in order, their output kept."""

import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from provisioning.errors import PartFailedError

_TAIL: Final = 1200


class Part:
    """One program with its log file; what it writes to standard output is kept, line by line."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches this program alone."""
        self.name = name
        self._log = log
        self._lines: list[str] = []
        self._came = threading.Condition()
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._read, name=f"output of {name}", daemon=True)
        self._reader.start()

    def first_line(self, timeout_s: float) -> str:
        """Wait for the first line of output; raises PartFailedError with the end of the log."""
        with self._came:
            self._came.wait_for(lambda: self._lines or self._process.poll() is not None, timeout_s)
            if self._lines:
                return self._lines[0]
        raise PartFailedError(f"{self.name} did not become ready. {self.complaint()}")

    def complaint(self) -> str:
        """Say where the log is and how it ends."""
        tail = self._log.read_text("utf-8", errors="replace")[-_TAIL:].strip()
        return f"Its log ({self._log}) ends:\n{tail}" if tail else f"Its log ({self._log}) is empty."

    def ended(self) -> int | None:
        """Exit status when it has ended, else None."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._process.poll() is None:
            self._process.terminate()

    def wait(self, timeout_s: float) -> list[str]:
        """Wait for the end, kill when it takes longer; returns all lines of output."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=5)
        return list(self._lines)

    def _read(self) -> None:
        stdout = self._process.stdout
        if stdout is None:
            return
        for line in stdout:
            with self._came:
                self._lines.append(line)
                self._came.notify_all()
        stdout.close()
        with self._came:
            self._came.notify_all()

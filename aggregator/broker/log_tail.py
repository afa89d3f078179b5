"""New lines of a log file that another process writes and rotates."""

import os
from pathlib import Path
from typing import BinaryIO

_MOST_BYTES_A_CALL = 1_048_576


class LogTail:
    """Follows a file by name from its end; after a rotation the old file is finished first.

    A call reads at most 1 MiB, so a flood waits in the file (which its writer bounds), not in memory.
    """

    def __init__(self, path: Path, *, from_end: bool = True) -> None:
        self._path = path
        self._partial = b""
        self._file = self._open()
        if from_end and self._file is not None:
            self._file.seek(0, os.SEEK_END)

    def lines(self) -> list[str]:
        """Return the complete lines written since the last call, without their ends."""
        chunk = self._read()
        if not chunk and self._was_rotated():
            self.close()
            self._file = self._open()
            chunk = self._read()
        *complete, self._partial = (self._partial + chunk).split(b"\n")
        if len(self._partial) > _MOST_BYTES_A_CALL:
            self._partial = b""
        return [line.decode(errors="replace") for line in complete]

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> BinaryIO | None:
        try:
            return self._path.open("rb")
        except FileNotFoundError:
            return None

    def _read(self) -> bytes:
        self._file = self._file or self._open()
        if self._file is None:
            return b""
        if os.fstat(self._file.fileno()).st_size < self._file.tell():  # cut short in place
            self._file.seek(0)
        return self._file.read(_MOST_BYTES_A_CALL)

    def _was_rotated(self) -> bool:
        if self._file is None:
            return False
        try:
            return self._path.stat().st_ino != os.fstat(self._file.fileno()).st_ino
        except FileNotFoundError:
            return False

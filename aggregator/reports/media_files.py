"""Files of reports on disk: parts while they come in, and what was made of them.

Invariants: a part only grows by what follows its end, so that a resend after any crash goes on where the
disk is; one writer holds a part at a time; a kept file is whole or not there. Names are UUIDs and digests
that were checked before, never what a client chose.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aggregator.errors import ConflictError, DependencyError

_CHUNK: Final = 1 << 20
_PART: Final = ".part"
SMALL: Final = ".small"


class MediaStoreError(DependencyError):
    """The disk does not take or give the file."""

    code = "media_unavailable"
    title = "Files cannot be stored at the moment"

    @property
    def shown(self) -> str:
        """Without paths, which are for the log."""
        return "the server cannot store files at the moment: send it again later"


class PartBusyError(ConflictError):
    """Another request writes this file."""

    code = "upload_under_way"
    title = "Under way"


@dataclass(frozen=True, slots=True)
class Part:
    """An open, locked part."""

    descriptor: int
    path: Path

    @property
    def size(self) -> int:
        """How much has come."""
        return os.fstat(self.descriptor).st_size

    def append(self, data: bytes) -> None:
        """Write at the end; durable on return."""
        os.lseek(self.descriptor, 0, os.SEEK_END)
        left = memoryview(data)
        while left:
            left = left[os.write(self.descriptor, left) :]
        os.fsync(self.descriptor)

    def read(self) -> bytes:
        """All of it."""
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        found = bytearray()
        while data := os.read(self.descriptor, _CHUNK):
            found += data
        return bytes(found)


class MediaFiles:
    """Files below one directory, a folder a report."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def size_of_part(self, report: str, sha256: str) -> int:
        """How much of a file has come; 0 when nothing has."""
        try:
            return self._part(report, sha256).stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def part(self, report: str, sha256: str) -> Iterator[Part]:
        """The part, locked; raises PartBusyError, MediaStoreError."""
        path = self._part(report, sha256)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise MediaStoreError(f"cannot open {path}: {error}; check the disk") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield Part(descriptor, path)
        except BlockingIOError as error:
            raise PartBusyError("another request writes this file: ask how far it is, then go on") from error
        except OSError as error:
            raise MediaStoreError(f"cannot write {path}: {error}; check the disk") from error
        finally:
            os.close(descriptor)

    def keep(self, report: str, name: str, data: bytes | memoryview) -> None:
        """Store a file, whole or not at all; raises MediaStoreError."""
        path = self._root / report / name
        fresh = path.with_suffix(path.suffix + ".new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise MediaStoreError(f"cannot store {path}: {error}; check the disk") from error

    def kept(self, report: str, name: str) -> Path:
        """Where a kept file lies."""
        return self._root / report / name

    def drop_part(self, report: str, sha256: str) -> None:
        """Remove a part; one that is not there is no matter."""
        self._part(report, sha256).unlink(missing_ok=True)

    def _part(self, report: str, sha256: str) -> Path:
        return self._root / report / (sha256 + _PART)


def digest_of(data: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()

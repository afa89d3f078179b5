"""Space kept aside for the moment when the disk is full.

SQLite needs room to make room: dropping facts writes to the WAL, and the WAL's pages must find a place in the
file before it can be used again. A full disk would leave the journal unable to do either.
"""

import contextlib
import logging
import os
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_FREE_TIMES: Final = 4


class Ballast:
    """A file of `size` bytes, given up when space runs out and made again when there is plenty.

    Args:
        path: the file.
        size: its length in bytes.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size

    @property
    def is_held(self) -> bool:
        """Whether the space is set aside now."""
        with contextlib.suppress(OSError):
            return self._path.stat().st_size == self._size
        return False

    def release(self) -> None:
        """Give the space up."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def restore(self) -> None:
        """Set the space aside again, where so much is free that nobody misses it."""
        if self.is_held:
            return
        try:
            disk = os.statvfs(self._path.parent)
            if disk.f_bavail * disk.f_frsize < _FREE_TIMES * self._size:
                return
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._size)
            finally:
                os.close(descriptor)
        except OSError as error:
            log.debug("no space was set aside: %s", error)
            self.release()

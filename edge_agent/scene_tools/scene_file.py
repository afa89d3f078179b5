"""The scene file on disk: read with its fingerprint, written whole or not at all, the old one kept beside it.

Invariants: a reader sees the old or the new file, never a part; what a person wrote is in one of the last
`BACKUPS` files `NAME.TIME.bak`; nothing is written over a file that changed since it was read.
"""

import hashlib
import os
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from edge_agent.scene_tools.errors import SceneChangedError, SceneFileError

BACKUPS: Final = 10
_NO_FILE: Final = ""
_WRITABLE: Final = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class SceneText:
    """What the file said.

    Attributes:
        text: its content; empty when there is no file yet.
        digest: SHA-256 of its bytes; empty when there is no file yet.
    """

    text: str
    digest: str


class SceneFile:
    """One scene file.

    Args:
        path: where it is, or will be; a link is followed, so that it stays a link.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._real = path.resolve()

    def read(self) -> SceneText:
        """What it says now.

        Raises:
            SceneFileError: it is there and cannot be read, or is no text.
        """
        try:
            content = self._real.read_bytes()
            return SceneText(content.decode("utf-8"), hashlib.sha256(content).hexdigest())
        except FileNotFoundError:
            return SceneText("", _NO_FILE)
        except UnicodeDecodeError as error:
            raise SceneFileError(f"{self.path}: not UTF-8 text: give the path of a scene file") from error
        except OSError as error:
            raise SceneFileError(
                f"{self.path}: cannot be read ({error.strerror}): give the path of a scene file"
            ) from error

    def check_writable(self) -> None:
        """See whether `write` may work.

        Raises:
            SceneFileError: the file or its folder is read-only, or there is no such folder.
        """
        folder = self._real.parent
        if not folder.is_dir():
            raise SceneFileError(f"{self.path}: there is no folder {folder}: make it first")
        for place in (self._real, folder):
            if not place.exists():
                continue
            if not os.access(place, os.W_OK) or not place.stat().st_mode & _WRITABLE:
                raise SceneFileError(
                    f"{self.path}: {place} is read-only: chmod u+w it, or give another --scene"
                )

    def write(self, text: str, *, expected: str, now: datetime) -> SceneText:
        """Replace the content, keeping the old one beside it.

        Args:
            text: the new content.
            expected: digest of what is to be replaced.
            now: aware time, for the name of the copy.

        Raises:
            SceneChangedError: somebody else wrote the file since it was read.
            SceneFileError: it cannot be written.
        """
        self.check_writable()
        current = self.read()
        if current.digest != expected:
            raise SceneChangedError(
                f"{self.path}: changed on disk since it was read: load it again, then repeat your change"
            )
        try:
            if current.digest:
                self._keep(now)
            self._replace(text)
        except OSError as error:
            raise SceneFileError(
                f"{self.path}: cannot be written ({error.strerror}): check space and rights of its folder"
            ) from error
        return self.read()

    def backups(self) -> list[Path]:
        """Earlier contents, oldest first."""
        return sorted(self._real.parent.glob(f"{self._real.name}.*Z.bak"))

    def _keep(self, now: datetime) -> None:
        copy = self._real.with_name(f"{self._real.name}.{now:%Y%m%dT%H%M%S.%f}Z.bak")
        copy.write_bytes(self._real.read_bytes())
        for old in self.backups()[:-BACKUPS]:
            old.unlink()

    def _replace(self, text: str) -> None:
        fresh = self._real.with_name(f".{self._real.name}.new")
        mode = self._real.stat().st_mode & 0o777 if self._real.exists() else 0o644
        try:
            with fresh.open("wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            fresh.chmod(mode)
            fresh.replace(self._real)
        finally:
            fresh.unlink(missing_ok=True)
        folder = os.open(self._real.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

"""Disks that fail: a small one, one that turns read-only, one that gives I/O errors."""

import contextlib
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from chaos.node import NodeProcess

MAY_MOUNT = os.geteuid() == 0


@contextlib.contextmanager
def mounted(path: Path, *, megabytes: int) -> Iterator[None]:
    """A file system of its own at `path`, of memory; for root alone."""
    path.mkdir(parents=True)
    _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def read_only(path: Path, *, on: bool) -> None:
    """Turn a mounted file system read-only, or back; files open for writing would keep it from turning."""
    _mount("-o", "remount,ro" if on else "remount,rw", str(path))


@contextlib.contextmanager
def read_only_folder(path: Path) -> Iterator[Callable[[], None]]:
    """A folder that nobody can write to, until the function that it gives is called.

    For root, whom no mode stops, it is a file system of its own that is mounted read-only.
    """
    if MAY_MOUNT:
        with mounted(path, megabytes=8):
            read_only(path, on=True)
            yield lambda: read_only(path, on=False)
        return
    path.mkdir(parents=True)
    path.chmod(0o500)
    try:
        yield lambda: path.chmod(0o700)
    finally:
        path.chmod(0o700)


def io_errors(node: NodeProcess, *, on: bool) -> None:
    """Let every write of the process to a file fail, or let it succeed again."""
    _, hard = resource.prlimit(node.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (0 if on else hard, hard))


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"mount {' '.join(arguments)}: {done.stderr}"

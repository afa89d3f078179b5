"""Whether there is room for the outbox, and whether the disk writes in time."""

import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from edge_agent.doctor.finding import Finding

RESERVE_MB = 200.0
"""For logs, updates and the file system itself, beside the outbox's quota."""

SLOW_MB_PER_S = 2.0
SLOW_FSYNC_MS = 150.0
_BULK_BYTES = 4_000_000
_SMALL_BYTES = 4096
_SMALL_WRITES = 12


@dataclass(frozen=True, slots=True)
class WriteSpeed:
    """Bulk writing, and the slowest fsync of a small write, which is what each batch of facts costs."""

    mb_per_s: float
    worst_fsync_ms: float


def disk_space(data_dir: Path, quota_mb: int) -> Finding:
    """Free space against the outbox's quota."""
    existing = _existing(data_dir)
    free_mb = shutil.disk_usage(existing).free / 1e6
    values = {"path": str(existing), "free_mb": f"{free_mb:.0f}", "needed_mb": f"{quota_mb + RESERVE_MB:.0f}"}
    if free_mb < RESERVE_MB:
        return Finding("DISK-SPACE", "full", values=values)
    if free_mb < quota_mb + RESERVE_MB:
        return Finding("DISK-SPACE", "low", values=values)
    return Finding("DISK-SPACE", "ok", values=values)


def disk_write(data_dir: Path) -> Finding:
    """Write a little where the node keeps its data, and take it away again."""
    existing = _existing(data_dir)
    try:
        speed = measure_writes(existing)
    except OSError as error:
        detail = error.strerror or str(error)
        return Finding("DISK-WRITE", "refused", values={"path": str(existing), "detail": detail})
    values = {
        "path": str(existing),
        "mb_per_s": f"{speed.mb_per_s:.1f}",
        "worst_fsync_ms": f"{speed.worst_fsync_ms:.0f}",
    }
    slow = speed.mb_per_s < SLOW_MB_PER_S or speed.worst_fsync_ms > SLOW_FSYNC_MS
    return Finding("DISK-WRITE", "slow" if slow else "ok", values=values)


def measure_writes(directory: Path) -> WriteSpeed:
    """Write 4 MB at once and twelve times 4 kB, each made durable.

    Raises:
        OSError: the directory cannot be written.
    """
    with tempfile.NamedTemporaryFile(dir=directory, prefix=".doctor-") as file:
        began_s = time.perf_counter()
        file.write(os.urandom(_BULK_BYTES))
        file.flush()
        os.fsync(file.fileno())
        bulk_s = time.perf_counter() - began_s
        worst_s = 0.0
        for _ in range(_SMALL_WRITES):
            began_s = time.perf_counter()
            file.write(bytes(_SMALL_BYTES))
            file.flush()
            os.fsync(file.fileno())
            worst_s = max(worst_s, time.perf_counter() - began_s)
    return WriteSpeed(_BULK_BYTES / 1e6 / bulk_s, worst_s * 1000)


def _existing(path: Path) -> Path:
    """The directory itself, or the nearest above it that is there: the agent makes the rest."""
    return next(each for each in (path.absolute(), *path.absolute().parents) if each.is_dir())

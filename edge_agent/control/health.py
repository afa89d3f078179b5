"""A node's health, read from the kernel and told as measurement rows.

The reader touches files and one command, at paths that are given; everything after it is pure. What cannot
be read is None and makes no row: no data is never 0. Names of the rows are those of
fleet/wire/measurements.toml.
"""

import math
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from edge_agent.capture.camera_status import CameraStatus
from edge_agent.control.inference_times import InferenceSummary
from edge_agent.rules.facts import SceneMeasurement

NODE_SOURCE = "node"
"""`source` of rows that are about the node itself."""

_COUNTERS: Final = (
    "frames",
    "dropped",
    "reconnects",
    "detected",
    "gate_closed",
    "over_budget",
    "failed",
)
_VCGENCMD_TIMEOUT_S = 2.0
_COLDEST_C, _HOTTEST_C = -40.0, 150.0

_THROTTLE_BITS = {
    0: "under-voltage",
    1: "frequency capped",
    2: "throttled",
    3: "soft temperature limit",
    16: "under-voltage since boot",
    17: "frequency capped since boot",
    18: "throttled since boot",
    19: "soft temperature limit since boot",
}


@dataclass(frozen=True, slots=True)
class HealthPaths:
    """Where the kernel tells; tests give their own."""

    data_dir: Path
    loadavg: Path = Path("/proc/loadavg")
    meminfo: Path = Path("/proc/meminfo")
    uptime: Path = Path("/proc/uptime")
    thermal: Path = Path("/sys/class/thermal")
    throttled: Path = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
    vcgencmd: str = "vcgencmd"


@dataclass(frozen=True, slots=True)
class NodeSample:
    """The machine at one moment; None where it does not tell.

    Attributes:
        cpu_temp_c: hottest thermal zone.
        throttled: what a Raspberry Pi's firmware complains of; empty when all is well, None on other boards.
        load_per_core: load average of one minute divided by the cores.
        mem_used_percent: memory that programs cannot have any more.
        disk_free_mb: where the node keeps its data, in 10^6 bytes.
        uptime_s: since boot.
    """

    cpu_temp_c: float | None
    throttled: tuple[str, ...] | None
    load_per_core: float | None
    mem_used_percent: float | None
    disk_free_mb: float | None
    uptime_s: float | None


@dataclass(frozen=True, slots=True)
class OutboxSample:
    """Facts that the aggregator has not confirmed, and how old the oldest is; None when none waits."""

    rows: int
    oldest_age_s: float | None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Everything of one period that becomes rows.

    Attributes:
        start_s: start of the period on the monotonic clock.
        period_s: its length.
        node: the machine at its end.
        outbox: the outbox at its end.
        cameras: counters at its end.
        cameras_before: counters at its start, by camera; those of a camera that is not there count from 0.
        inference: detections within it, by camera.
    """

    start_s: float
    period_s: float
    node: NodeSample
    outbox: OutboxSample
    cameras: Sequence[CameraStatus] = ()
    cameras_before: Mapping[str, CameraStatus] = field(default_factory=dict)
    inference: Mapping[str, InferenceSummary] = field(default_factory=dict)


def read_node(paths: HealthPaths, cores: int | None = None) -> NodeSample:
    """Read the machine now; takes at most the two seconds of `vcgencmd`."""
    return NodeSample(
        cpu_temp_c=_hottest(paths.thermal),
        throttled=_throttled(paths),
        load_per_core=_load(paths.loadavg, cores or os.cpu_count() or 1),
        mem_used_percent=_memory(paths.meminfo),
        disk_free_mb=_disk_free(paths.data_dir),
        uptime_s=_first_number(paths.uptime),
    )


def measurement_rows(report: HealthReport) -> tuple[SceneMeasurement, ...]:
    """The rows of one period; a figure that is not known makes none."""
    node, outbox = report.node, report.outbox
    figures = [
        _Figure("node_cpu_temp", NODE_SOURCE, node.cpu_temp_c),
        _Figure("node_load", NODE_SOURCE, node.load_per_core),
        _Figure("node_mem_used", NODE_SOURCE, node.mem_used_percent),
        _Figure("node_disk_free", NODE_SOURCE, node.disk_free_mb),
        _Figure("node_outbox_rows", NODE_SOURCE, float(outbox.rows)),
        _Figure("node_outbox_age", NODE_SOURCE, outbox.oldest_age_s),
    ]
    for camera in report.cameras:
        figures += _camera_figures(camera, report.cameras_before.get(camera.camera), report.period_s)
    figures += [
        _Figure("inference_p95", camera, times.p95_ms, times.n) for camera, times in report.inference.items()
    ]
    return tuple(
        SceneMeasurement(
            name=figure.name,
            source=figure.source,
            zone_or_line="",
            class_name=figure.class_name,
            direction="",
            start_s=report.start_s,
            period_s=report.period_s,
            value=figure.value,
            n=figure.n,
            quality=0,
        )
        for figure in figures
        if figure.value is not None and math.isfinite(figure.value)
    )


def parse_throttled(text: str) -> tuple[str, ...] | None:
    """Read `throttled=0x50005`, or the bare number of sysfs; None when it is neither."""
    try:
        word = int(text.strip().removeprefix("throttled="), 16)
    except ValueError:
        return None
    return tuple(meaning for bit, meaning in _THROTTLE_BITS.items() if word >> bit & 1)


def camera_share(detected: int, dropped: int) -> float | None:
    """Of the frames that were due a detection, the share that got one, 0-1; None when none was due.

    Frames in which nothing moved were not due; those given up for a newer one count as due, because nobody
    looked whether anything moved in them.
    """
    due = detected + dropped
    return detected / due if due else None


class _Figure(NamedTuple):
    """One value on its way to a row."""

    name: str
    source: str
    value: float | None
    n: int = 1
    class_name: str = ""


def _camera_figures(now: CameraStatus, before: CameraStatus | None, period_s: float) -> list[_Figure]:
    counts: dict[str, int] = {name: getattr(now, name) for name in _COUNTERS}
    if before is not None and before.frames <= now.frames:  # fewer frames than before: its thread began anew
        counts = {name: count - getattr(before, name) for name, count in counts.items()}
    frames, dropped, detected = counts["frames"], counts["dropped"], counts["detected"]
    share = camera_share(detected, dropped)
    fates = {
        "detected": detected,
        "gate_closed": counts["gate_closed"],
        "over_budget": counts["over_budget"],
        "replaced": dropped - counts["over_budget"],
        "failed": counts["failed"],
    }
    return [
        _Figure("camera_fps", now.camera, (frames - dropped) / period_s if period_s > 0 else None, frames),
        _Figure("camera_dropped", now.camera, float(dropped), frames),
        _Figure("camera_reconnects", now.camera, float(counts["reconnects"])),
        _Figure("camera_share", now.camera, None if share is None else 100 * share, detected + dropped),
        *(_Figure("camera_frames", now.camera, float(count), frames, fate) for fate, count in fates.items()),
    ]


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None


def _first_number(path: Path) -> float | None:
    text = _text(path)
    try:
        return float(text.split()[0]) if text else None
    except (ValueError, IndexError):
        return None


def _hottest(thermal: Path) -> float | None:
    readings = [_first_number(zone) for zone in sorted(thermal.glob("thermal_zone*/temp"))]
    degrees = [millidegrees / 1000 for millidegrees in readings if millidegrees is not None]
    return max((degree for degree in degrees if _COLDEST_C < degree < _HOTTEST_C), default=None)


def _throttled(paths: HealthPaths) -> tuple[str, ...] | None:
    text = _text(paths.throttled)
    if text is not None:
        return parse_throttled(text)
    if shutil.which(paths.vcgencmd) is None:
        return None
    try:
        done = subprocess.run(
            [paths.vcgencmd, "get_throttled"],
            capture_output=True,
            text=True,
            timeout=_VCGENCMD_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_throttled(done.stdout)


def _load(loadavg: Path, cores: int) -> float | None:
    load = _first_number(loadavg)
    return None if load is None else load / cores


def _memory(meminfo: Path) -> float | None:
    text = _text(meminfo)
    if text is None:
        return None
    amounts = {line.partition(":")[0]: line.partition(":")[2].split() for line in text.splitlines()}
    try:
        total, available = float(amounts["MemTotal"][0]), float(amounts["MemAvailable"][0])
    except (KeyError, IndexError, ValueError):
        return None
    return 100.0 * (total - available) / total if total > 0 else None


def _disk_free(data_dir: Path) -> float | None:
    try:
        return shutil.disk_usage(data_dir).free / 1e6
    except OSError:
        return None

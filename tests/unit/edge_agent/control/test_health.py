from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.capture.camera_status import CameraStatus
from edge_agent.control.health import (
    HealthPaths,
    HealthReport,
    NodeSample,
    OutboxSample,
    camera_share,
    measurement_rows,
    parse_throttled,
    read_node,
)
from edge_agent.control.inference_times import InferenceSummary
from fleet.wire.measurements import load_catalogue

UNKNOWN = NodeSample(None, None, None, None, None, None)


@pytest.fixture
def board(tmp_path: Path) -> HealthPaths:
    """A Raspberry Pi's files, as recorded on one (values made round)."""
    paths = HealthPaths(
        data_dir=tmp_path,
        loadavg=tmp_path / "loadavg",
        meminfo=tmp_path / "meminfo",
        uptime=tmp_path / "uptime",
        thermal=tmp_path / "thermal",
        throttled=tmp_path / "get_throttled",
        vcgencmd="no-such-vcgencmd",
    )
    paths.loadavg.write_text("2.00 1.10 0.90 3/210 4242\n")
    paths.meminfo.write_text("MemTotal:        4000000 kB\nMemFree:  90000 kB\nMemAvailable:    3000000 kB\n")
    paths.uptime.write_text("3600.50 7000.10\n")
    for number, millidegrees in enumerate(("51000", "62500", "-273000")):
        zone = paths.thermal / f"thermal_zone{number}"
        zone.mkdir(parents=True)
        (zone / "temp").write_text(millidegrees + "\n")
    paths.throttled.write_text("50005\n")
    return paths


def camera(frames: int, dropped: int = 0, reconnects: int = 0) -> CameraStatus:
    return CameraStatus("gate", "streaming", True, frames, dropped, reconnects, 0.1, None)


def rows_of(report: HealthReport) -> dict[tuple[str, str], float]:
    return {(row.name, row.source): row.value for row in measurement_rows(report) if not row.class_name}


def fates_of(report: HealthReport) -> dict[str, float]:
    return {row.class_name: row.value for row in measurement_rows(report) if row.name == "camera_frames"}


def test_board_is_read(board: HealthPaths) -> None:
    sample = read_node(board, cores=4)
    assert (sample.cpu_temp_c, sample.load_per_core, sample.mem_used_percent, sample.uptime_s) == (
        62.5,
        0.5,
        25.0,
        3600.5,
    )
    assert sample.throttled == (
        "under-voltage",
        "throttled",
        "under-voltage since boot",
        "throttled since boot",
    )
    assert sample.disk_free_mb is not None
    assert sample.disk_free_mb > 0


def test_machine_that_tells_nothing_gives_no_values(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    paths = HealthPaths(gone, gone, gone, gone, gone, gone, "no-such-vcgencmd")
    assert read_node(paths) == UNKNOWN


def test_files_with_nonsense_give_no_values(board: HealthPaths) -> None:
    for path in (board.loadavg, board.meminfo, board.uptime, board.throttled):
        path.write_text("\n")
    sample = read_node(board)
    assert (sample.load_per_core, sample.mem_used_percent, sample.uptime_s, sample.throttled) == (None,) * 4


def test_throttling_is_asked_of_vcgencmd_where_sysfs_has_it_not(board: HealthPaths, tmp_path: Path) -> None:
    board.throttled.unlink()
    tool = tmp_path / "vcgencmd"
    tool.write_text('#!/bin/sh\n[ "$1" = get_throttled ] && echo throttled=0x80000\n')
    tool.chmod(0o755)
    paths = HealthPaths(tmp_path, throttled=board.throttled, vcgencmd=str(tool))
    assert read_node(paths).throttled == ("soft temperature limit since boot",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("throttled=0x0\n", ()), ("0x1", ("under-voltage",)), ("VCHI initialization failed", None), ("", None)],
)
def test_throttle_word_is_read(text: str, expected: tuple[str, ...] | None) -> None:
    assert parse_throttled(text) == expected


def test_rows_have_catalogued_names_and_the_period() -> None:
    report = HealthReport(
        start_s=100.0,
        period_s=30.0,
        node=NodeSample(60.0, (), 0.5, 25.0, 5000.0, 3600.0),
        outbox=OutboxSample(12, 3.5),
        cameras=[
            replace(
                camera(300, dropped=30, reconnects=1), detected=90, gate_closed=179, over_budget=20, failed=1
            )
        ],
        inference={"gate": InferenceSummary(8.0, 12.0, 280)},
    )
    rows = measurement_rows(report)
    assert {row.name for row in rows} <= load_catalogue().keys()
    assert {(row.start_s, row.period_s, row.quality) for row in rows} == {(100.0, 30.0, 0)}
    assert rows_of(report) == {
        ("node_cpu_temp", "node"): 60.0,
        ("node_load", "node"): 0.5,
        ("node_mem_used", "node"): 25.0,
        ("node_disk_free", "node"): 5000.0,
        ("node_outbox_rows", "node"): 12.0,
        ("node_outbox_age", "node"): 3.5,
        ("camera_fps", "gate"): 9.0,
        ("camera_dropped", "gate"): 30.0,
        ("camera_reconnects", "gate"): 1.0,
        ("inference_p95", "gate"): 12.0,
        ("camera_share", "gate"): 75.0,
    }
    fates = fates_of(report)
    assert fates == {
        "detected": 90.0,
        "gate_closed": 179.0,
        "over_budget": 20.0,
        "replaced": 10.0,
        "failed": 1.0,
    }
    assert sum(fates.values()) == 300


def test_what_is_not_known_makes_no_row() -> None:
    report = HealthReport(0.0, 30.0, UNKNOWN, OutboxSample(0, None))
    assert rows_of(report) == {("node_outbox_rows", "node"): 0.0}


def test_counters_become_those_of_the_period() -> None:
    report = HealthReport(
        0.0,
        10.0,
        UNKNOWN,
        OutboxSample(0, None),
        cameras=[camera(160, dropped=15, reconnects=4)],
        cameras_before={"gate": camera(50, dropped=5, reconnects=3)},
    )
    rows = rows_of(report)
    assert (
        rows["camera_fps", "gate"],
        rows["camera_dropped", "gate"],
        rows["camera_reconnects", "gate"],
    ) == (
        10.0,
        10.0,
        1.0,
    )


def test_what_became_of_the_frames_is_that_of_the_period() -> None:
    before = replace(camera(100, dropped=10), detected=50, gate_closed=40, over_budget=8)
    now = replace(camera(150, dropped=20), detected=70, gate_closed=60, over_budget=15)
    report = HealthReport(
        0.0, 10.0, UNKNOWN, OutboxSample(0, None), cameras=[now], cameras_before={"gate": before}
    )
    assert fates_of(report) == {
        "detected": 20.0,
        "gate_closed": 20.0,
        "over_budget": 7.0,
        "replaced": 3.0,
        "failed": 0.0,
    }


@pytest.mark.parametrize(
    ("detected", "dropped", "expected"), [(80, 20, 0.8), (5, 0, 1.0), (0, 7, 0.0), (0, 0, None)]
)
def test_share_is_of_the_frames_that_were_due(detected: int, dropped: int, expected: float | None) -> None:
    assert camera_share(detected, dropped) == expected


def test_camera_that_began_anew_is_counted_from_its_start() -> None:
    report = HealthReport(
        0.0, 10.0, UNKNOWN, OutboxSample(0, None), cameras=[camera(40)], cameras_before={"gate": camera(900)}
    )
    assert rows_of(report)["camera_fps", "gate"] == 4.0

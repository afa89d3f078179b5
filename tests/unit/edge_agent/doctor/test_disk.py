import shutil
from pathlib import Path

import pytest

from edge_agent.doctor.disk import RESERVE_MB, disk_space, disk_write, measure_writes


def test_room_is_compared_with_the_quota(tmp_path: Path) -> None:
    free_mb = int(shutil.disk_usage(tmp_path).free / 1e6)
    assert free_mb > 1_000 + RESERVE_MB, "this test needs a gigabyte of free space"
    assert disk_space(tmp_path / "not" / "yet", 500).outcome == "ok"
    assert disk_space(tmp_path, free_mb * 2).outcome == "low"


def test_full_file_system_is_told() -> None:
    # /proc has a size of 0: the fullest file system that every machine has.
    assert disk_space(Path("/proc"), 1).outcome == "full"


def test_write_speed_is_measured_and_leaves_nothing(tmp_path: Path) -> None:
    speed = measure_writes(tmp_path)
    assert speed.mb_per_s > 0
    assert speed.worst_fsync_ms > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", [Path("/proc"), Path("/sys")])
def test_directory_that_cannot_be_written_is_told(path: Path) -> None:
    finding = disk_write(path)
    assert (finding.outcome, finding.values["path"]) == ("refused", str(path))


def test_directory_that_the_agent_has_yet_to_make_is_tried_above(tmp_path: Path) -> None:
    assert disk_write(tmp_path / "data").values["path"] == str(tmp_path)

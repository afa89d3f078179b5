"""Counting on the pedestrian clip against a truth made by eye (tests/data/counting), default settings."""

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CLIP = ROOT / "provisioning" / "demo" / "pedestrians.mp4"
TRUTH = ROOT / "tests" / "data" / "counting"
TOLERANCE_S = 1.0

pytestmark = pytest.mark.timeout(900)
"""Two replays of 795 frames: a minute and a half alone on two slow cores, far more beside other work."""

Crossing = tuple[str, str, float]
"""Line, direction, seconds."""


@dataclass(frozen=True)
class Score:
    """Errors of each line; accuracy is 1 - (missed + extra) / truth, never net."""

    truth: int
    missed: tuple[Crossing, ...]
    extra: tuple[Crossing, ...]

    @property
    def accuracy(self) -> float:
        return 1 - (len(self.missed) + len(self.extra)) / self.truth


def compared(truth: list[Crossing], found: list[Crossing]) -> Score:
    """Join each true crossing with the nearest found one of its line and direction, nearest pairs first."""
    pairs = sorted(
        (abs(true[2] - got[2]), i, j)
        for (i, true), (j, got) in product(enumerate(truth), enumerate(found))
        if true[:2] == got[:2] and abs(true[2] - got[2]) <= TOLERANCE_S
    )
    joined: dict[int, int] = {}
    for _, i, j in pairs:
        if i not in joined and j not in joined.values():
            joined[i] = j
    missed = tuple(true for i, true in enumerate(truth) if i not in joined)
    extra = tuple(got for j, got in enumerate(found) if j not in joined.values())
    return Score(len(truth), missed, extra)


def replayed(folder: Path, name: str) -> tuple[bytes, bytes]:
    """Events and tracks of one run of the command."""
    events, tracks = folder / f"{name}.jsonl", folder / f"{name}.txt"
    command = [sys.executable, "-m", "edge_agent", "replay", str(CLIP), "--scene", str(TRUTH / "lines.toml")]
    subprocess.run([*command, "--events", str(events), "--tracks", str(tracks)], check=True, cwd=ROOT)
    return events.read_bytes(), tracks.read_bytes()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
    folder = tmp_path_factory.mktemp("counting")
    return replayed(folder, "one"), replayed(folder, "two")


@pytest.fixture(scope="module")
def truth() -> list[Crossing]:
    with (TRUTH / "truth.csv").open(encoding="utf-8", newline="") as file:
        return [(row["line"], row["direction"], float(row["t_s"])) for row in csv.DictReader(file)]


def test_people_are_counted_as_by_eye(
    runs: tuple[tuple[bytes, bytes], tuple[bytes, bytes]], truth: list[Crossing]
) -> None:
    lines = [json.loads(line) for line in runs[0][0].splitlines()]
    found = [(line["zone_or_line"], line["direction"], line["t"]) for line in lines]
    score = compared(truth, found)
    print(
        f"counting: accuracy {score.accuracy:.3f}, {score.truth} crossings, "
        f"missed {score.missed}, extra {score.extra}"
    )
    assert {"line_crossed"} == {line["kind"] for line in lines}
    assert score.accuracy >= 0.93


def test_no_line_with_ten_crossings_is_counted_badly(
    runs: tuple[tuple[bytes, bytes], tuple[bytes, bytes]], truth: list[Crossing]
) -> None:
    found = [
        (line["zone_or_line"], line["direction"], line["t"])
        for line in map(json.loads, runs[0][0].splitlines())
    ]
    accuracies = {
        name: compared(
            [crossing for crossing in truth if crossing[0] == name],
            [crossing for crossing in found if crossing[0] == name],
        ).accuracy
        for name in {line for line, _, _ in truth}
    }
    assert min(accuracies.values()) >= 0.80, accuracies


def test_people_are_tracked_as_by_eye(
    runs: tuple[tuple[bytes, bytes], tuple[bytes, bytes]], tmp_path: Path
) -> None:
    tracks = tmp_path / "T.txt"
    tracks.write_bytes(runs[0][1])
    command = [sys.executable, "models/tools/evaluate_tracking.py", "--tracks", str(tracks)]
    finished = subprocess.run(
        command, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True
    )
    figures = json.loads(finished.stdout)
    print(f"tracking: {figures}")
    assert figures["mota"] >= 0.725
    assert figures["idf1"] >= 0.52


def test_two_runs_give_the_same_bytes(runs: tuple[tuple[bytes, bytes], tuple[bytes, bytes]]) -> None:
    one, two = runs
    assert one == two
    assert all(one)

"""The commands `replay` and `bench` as a shell calls them: output, exit codes and messages."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / "provisioning" / "demo"
FRAMES = 40


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first seconds of the pedestrian clip."""
    path = tmp_path_factory.mktemp("clip") / "short.mp4"
    source = cv2.VideoCapture(str(DEMO / "pedestrians.mp4"))
    sink = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (768, 576))
    for _ in range(FRAMES):
        decoded, image = source.read()
        assert decoded
        sink.write(image)
    sink.release()
    source.release()
    return path


def edge_agent(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge_agent", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_replay_writes_events_to_standard_output_and_nothing_else(clip: Path, tmp_path: Path) -> None:
    tracks, rows = tmp_path / "t.txt", tmp_path / "m.jsonl"
    done = edge_agent(
        "replay", clip, "--scene", DEMO / "pedestrians.toml", "--tracks", tracks, "--measurements", rows
    )
    assert (done.returncode, f"{FRAMES} frames" in done.stderr) == (0, True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(event["kind"], event["rule"]) for event in events if event["zone_or_line"] == "road"] == [
        ("line_crossed", "road-count")
    ] * 2
    assert all({"kind", "rule", "t", "class", "track_id", "direction"} <= event.keys() for event in events)
    seen = [line.split(",") for line in tracks.read_text(encoding="utf-8").splitlines()]
    assert {10} == {len(line) for line in seen}
    assert {"1"} == {line[7] for line in seen}
    assert all(1 <= int(line[0]) <= FRAMES for line in seen)
    names = {json.loads(line)["name"] for line in rows.read_text(encoding="utf-8").splitlines()}
    assert {"flow", "occupancy", "occupancy_max"} == names


def test_bench_prints_one_line_with_every_figure(clip: Path) -> None:
    done = edge_agent("bench", clip, "--scene", DEMO / "pedestrians.toml", "--threads", "1")
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    figures = json.loads(line)
    stages = ("decode_s", "motion_s", "detect_s", "track_s", "rules_s", "seal_s", "outbox_s")
    assert figures["frames"] == FRAMES
    assert all(figures[stage] >= 0 for stage in stages)
    busy_s = sum(figures[stage] for stage in stages[1:])
    assert FRAMES / busy_s == pytest.approx(figures["pipeline_fps"], rel=0.02)
    assert figures["bare_fps"] > 0
    assert 40 < figures["peak_rss_mb"] <= 200
    assert figures["events"] > 0
    assert figures["outbox_s"] > 0


def refused(command: str, *arguments: str | Path) -> str:
    """The one line that says why; standard output stays empty."""
    done = edge_agent(command, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    said = [line for line in done.stderr.splitlines() if not line.startswith("INFO: ")]
    assert len(said) == 1, done.stderr
    return said[0]


@pytest.mark.parametrize("command", ["replay", "bench"])
def test_input_that_cannot_be_used_is_told_in_one_line(command: str, clip: Path, tmp_path: Path) -> None:
    scene = DEMO / "pedestrians.toml"
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:2000])
    crossing = tmp_path / "crossing.toml"
    crossing.write_text('[[zones]]\nid = "z"\npolygon = [[0, 0], [1, 1], [1, 0], [0, 1]]\n', encoding="utf-8")
    text = tmp_path / "text.tflite"
    text.write_text("no model", encoding="utf-8")
    (tmp_path / "labels.txt").write_text("person\n", encoding="utf-8")

    message = refused(command, tmp_path / "none.mp4", "--scene", scene)
    assert "none.mp4" in message
    assert "broken.mp4" in refused(command, broken, "--scene", scene)
    assert "in order around the area" in refused(command, clip, "--scene", crossing)
    assert "cannot read the scene" in refused(command, clip, "--scene", tmp_path / "none.toml")
    assert "not a TFLite model" in refused(command, clip, "--scene", scene, "--model", text)
    assert "no model 'nonsense'" in refused(command, clip, "--scene", scene, "--model", "nonsense")


def test_an_output_that_cannot_be_written_is_named(clip: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "e.jsonl"
    message = refused("replay", clip, "--scene", DEMO / "pedestrians.toml", "--events", nowhere)
    assert f"{nowhere}: cannot write there" in message


@pytest.mark.parametrize(
    ("option", "value"), [("--threads", "0"), ("--threads", "two"), ("--tiles", "99"), ("--start", "noon")]
)
def test_a_wrong_option_is_explained(clip: Path, option: str, value: str) -> None:
    done = edge_agent("replay", clip, "--scene", DEMO / "pedestrians.toml", option, value)
    assert done.returncode == 2
    assert option in done.stderr
    assert repr(value) in done.stderr


@pytest.mark.parametrize("name", ["pedestrians", "street"])
def test_the_demos_scenes_fit_the_model(name: str, clip: Path) -> None:
    assert edge_agent("replay", clip, "--scene", DEMO / f"{name}.toml").returncode == 0

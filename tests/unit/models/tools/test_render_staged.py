"""What `models/tools/render_staged.py` writes."""

import json
from pathlib import Path

import pytest
import render_staged
from staged.scripts import SCRIPTS

from edge_agent.scene.parse import read_scene


def test_a_clip_comes_with_its_scene_and_its_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = render_staged.main(["crowding", "--seed", "3", "--fps", "1", "--out", str(tmp_path)])
    assert code == 0
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".jsonl", ".mp4", ".toml"]
    assert read_scene(tmp_path / "crowding-large-day-3.toml").rules[0].id == "rule"
    truth = [json.loads(line) for line in (tmp_path / "crowding-large-day-3.jsonl").read_text().splitlines()]
    assert truth[0]["staged"] is True
    assert len([line for line in truth if "frame" in line]) == truth[0]["seconds"]
    assert "staged" in capsys.readouterr().out


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("a file", "utf-8")
    assert render_staged.main(["crowding", "--out", str(tmp_path / "taken")]) == 2
    assert "taken" in capsys.readouterr().err


def test_all_scripts_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert render_staged.main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(SCRIPTS)

import argparse
import json
from pathlib import Path

import pytest

from edge_agent.doctor.catalogue import in_words, load_catalogue
from edge_agent.doctor.command import add_arguments, in_text, run
from edge_agent.doctor.finding import Finding


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_json_is_one_object_a_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(arguments("--json", "--config", str(tmp_path / "gone.toml")))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_code = {line["code"]: line for line in lines}
    assert code == 2
    assert len(by_code) == len(lines) == 13
    assert by_code["CONFIG"]["status"] == "fail"
    assert by_code["CONFIG"]["next_step"]["vi"].startswith("Sửa đường dẫn")
    assert by_code["BROKER"]["status"] == "not_applicable"


def test_text_tells_cause_and_next_step_in_both_languages() -> None:
    result = in_words(Finding("SCENE", "no_rules", "gate", {"path": "s.toml"}), load_catalogue(), 30)
    assert in_text(result).splitlines() == [
        "WARN SCENE gate           s.toml không có luật nào: camera này sẽ không đếm và không báo gì",
        "                          s.toml has no rule: this camera will count and report nothing",
        "                          → Thêm [[rules]] vào tệp",
        "                          → Add [[rules]] to the file",
    ]


def test_text_of_what_is_well_is_short() -> None:
    assert len(in_text(in_words(Finding("POWER", "ok"), load_catalogue(), 1)).splitlines()) == 2

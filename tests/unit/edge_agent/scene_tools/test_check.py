import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_agent.scene_tools.check import add_arguments, model_or_reason, run
from edge_agent.scene_tools.errors import PictureError, SceneFileError

LINE = '[[lines]]\nid = "l"\nfrom = [0.2, 0.5]\nto = [0.6, 0.5]\n'
COUNT = '[[rules]]\nid = "r"\nkind = "line_count"\nline = "l"\n'


def parsed(*arguments: str | Path) -> Namespace:
    parser = ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([str(argument) for argument in arguments])


def scene(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "s.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (LINE + COUNT, 0, "0 errors, 0 warnings; 1 line, 1 rule"),
        (LINE, 0, "WARN  The scene has no rules"),
        (COUNT, 2, "ERROR [[rules]]"),
        ("x = ", 2, "ERROR not TOML"),
    ],
)
def test_what_is_wrong_ends_with_two_and_what_is_unwise_with_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, words: str
) -> None:
    assert run(parsed(scene(tmp_path, text))) == code
    assert words in capsys.readouterr().out


def test_json_names_everything_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(parsed(scene(tmp_path, LINE), "--json"))
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["warnings"], answer["findings"][0]["code"]) == (True, 1, "no_rules")


def test_the_picture_is_drawn_at_its_place_or_the_place_is_told(tmp_path: Path) -> None:
    still, path = tmp_path / "still.png", scene(tmp_path, LINE + COUNT)
    cv2.imwrite(str(still), np.full((540, 960, 3), 90, np.uint8))
    assert run(parsed(path, "--frame", still, "--draw", tmp_path / "o.png")) == 0
    assert (tmp_path / "o.png").is_file()
    for place in (tmp_path / "no" / "o.png", tmp_path / "o.what"):
        with pytest.raises(PictureError, match="cannot write a picture there"):
            run(parsed(path, "--frame", still, "--draw", place))


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(SceneFileError, match="no such file"):
        run(parsed(tmp_path / "none.toml"))


def test_a_model_that_is_missing_is_a_reason() -> None:
    assert "no model 'nonsense'" in str(model_or_reason("nonsense"))

from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from edge_agent.scene_tools.calibrate import add_arguments, report_lines, run
from edge_agent.scene_tools.errors import SceneToolError, SurveyError
from edge_agent.scene_tools.fit_report import report_fit

ROAD = ("0.3,0.3,0,40", "0.7,0.3,10,40", "1,1,10,0", "0,1,0,0")


def parsed(*arguments: str) -> Namespace:
    parser = ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(arguments)


def test_the_report_has_a_line_a_point_and_its_warnings() -> None:
    points = [(0.3, 0.3, 0.0, 40.0), (0.7, 0.3, 10.0, 40.0), (1.0, 1.0, 10.0, 0.0), (0.0, 1.0, 0.0, 0.0)]
    lines = report_lines(report_fit(points))
    assert [line.split()[0] for line in lines[1:5]] == ["1", "2", "3", "4"]
    assert "RMS 0.000 m, left out one by one -" in lines
    assert lines[-1].startswith("WARN  four points")


def test_points_in_pixels_are_written_as_shares(tmp_path: Path) -> None:
    scene = tmp_path / "s.toml"
    pixels = [
        f"{float(p.split(',')[0]) * 1920},{float(p.split(',')[1]) * 1080},{p.split(',', 2)[2]}" for p in ROAD
    ]
    points = [argument for point in pixels for argument in ("--point", point)]
    assert run(parsed(str(scene), *points, "--size", "1920x1080")) == 0
    assert "[0.3, 0.3, 0.0, 40.0]" in scene.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no points"),
        (["--point", ROAD[0], "--size", "big"], "1920x1080"),
        (["--point", ROAD[0], "--size", "0x9"], "1920x1080"),
        (["--point", "1,2"], "2 values"),
        (["--points", "p.csv", "--origin", "16,108"], "is in metres"),
        (["--points", "d.csv", "--point", ROAD[0]], "one in metres, one in degrees"),
    ],
)
def test_points_that_cannot_be_used_are_refused(tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "p.csv").write_text("x,y,east,north\n0.1,0.1,1,1\n", encoding="utf-8")
    (tmp_path / "d.csv").write_text("x,y,lat,lon\n0.1,0.1,16,108\n", encoding="utf-8")
    here = [str(tmp_path / each) if each.endswith(".csv") else each for each in arguments]
    with pytest.raises(SurveyError, match=words):
        run(parsed(str(tmp_path / "s.toml"), *here))


def test_a_file_that_is_no_toml_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    scene = tmp_path / "s.toml"
    scene.write_text("lines = [", encoding="utf-8")
    with pytest.raises(SceneToolError, match="not TOML"):
        run(parsed(str(scene), *[argument for point in ROAD for argument in ("--point", point)]))
    assert scene.read_text(encoding="utf-8") == "lines = ["

"""`edge-agent scene calibrate`: surveyed points into the scene file, and how well they fit.

The report goes to standard output; the scene file keeps its comments and everything else. Exit code 2 means
that the points or the file cannot be used, and one line on standard error says why.
"""

import argparse
import re
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from edge_agent.scene.homography import Surveyed
from edge_agent.scene_tools.errors import SceneToolError, SurveyError
from edge_agent.scene_tools.fit_report import FitReport, report_fit
from edge_agent.scene_tools.scene_file import SceneFile
from edge_agent.scene_tools.scene_text import rewrite_scene
from edge_agent.scene_tools.survey import parse_origin, parse_point, parse_points, surveyed

_SIZE = re.compile(r"(\d{1,5})[x×](\d{1,5})$")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `edge-agent scene calibrate`."""
    parser.add_argument("scene", type=Path, metavar="SCENE", help="scene file; it is made when missing")
    parser.add_argument(
        "--points", type=Path, metavar="FILE.csv", help="columns x,y,east,north or x,y,lat,lon"
    )
    parser.add_argument(
        "--point",
        action="append",
        default=[],
        metavar="X,Y,EAST,NORTH",
        help="one point; repeat it. With --origin the last two are LAT,LON",
    )
    parser.add_argument(
        "--origin", metavar="LAT,LON", help="what is 0, 0 in metres (default: the first point)"
    )
    parser.add_argument("--size", metavar="WxH", help="x and y are pixels of a picture of this size")
    parser.add_argument("--dry-run", action="store_true", help="print the report and write nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")


def run(args: argparse.Namespace) -> int:
    """Calibrate; returns the exit code.

    Raises:
        SceneToolError: the points or the file cannot be used.
        edge_agent.scene.errors.SceneError: the points give no plane.
    """
    file = SceneFile(args.scene)
    before = file.read()
    tree = _tree(before.text, args.scene)
    points = _points(args)
    report = report_fit(points)
    sys.stdout.write(_as_json(report) if args.json else "\n".join(report_lines(report)) + "\n")
    sys.stdout.flush()
    if args.dry_run:
        return 0
    text = rewrite_scene(before.text, {**tree, "homography": {"points": [list(point) for point in points]}})
    if text.text == before.text:
        sys.stderr.write(f"edge-agent scene calibrate: {args.scene} has these points already\n")
        return 0
    file.write(text.text, expected=before.digest, now=datetime.now(tz=UTC))
    kept = f", the old one is {file.backups()[-1].name}" if before.digest else ""
    sys.stderr.write(f"edge-agent scene calibrate: wrote [homography] to {args.scene}{kept}\n")
    return 0


def report_lines(report: FitReport) -> list[str]:
    """The report for people."""
    lines = ["point         x         y      east_m     north_m  residual_m  left_out_m   m/pixel"]
    for number, each in enumerate(report.points, 1):
        x, y, east, north = each.point
        left_out = "-" if each.left_out_m is None else f"{each.left_out_m:.3f}"
        scale = "-" if each.metres_a_pixel is None else f"{each.metres_a_pixel:.3f}"
        lines.append(
            f"{number:5d} {x:9.4f} {y:9.4f} {east:11.3f} {north:11.3f} "
            f"{each.residual_m:11.3f} {left_out:>11} {scale:>9}"
        )
    left_out_rms = "-" if report.left_out_rms_m is None else f"{report.left_out_rms_m:.3f} m"
    lines.append("(m/pixel: metres on the ground for a thousandth of the picture's height, there)")
    lines.append(f"RMS {report.ground.rms_m:.3f} m, left out one by one {left_out_rms}")
    return [*lines, *(f"WARN  {warning}" for warning in report.warnings)]


def _as_json(report: FitReport) -> str:
    return (
        msgspec.json.encode(
            {
                "rms_m": report.ground.rms_m,
                "left_out_rms_m": report.left_out_rms_m,
                "points": report.points,
                "matrix": report.ground.matrix.tolist(),
                "warnings": report.warnings,
            }
        ).decode()
        + "\n"
    )


def _points(args: argparse.Namespace) -> tuple[Surveyed, ...]:
    origin = None if args.origin is None else parse_origin(args.origin)
    raw = [parse_point(text) for text in args.point]
    degrees = origin is not None
    if args.points is not None:
        try:
            text = args.points.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SurveyError(f"{args.points}: cannot read the points ({error}): give a CSV file") from error
        found, in_degrees = parse_points(text, str(args.points))
        if raw and in_degrees != degrees:
            raise SurveyError("--point and --points: one in metres, one in degrees: give them in one way")
        if origin is not None and not in_degrees:
            raise SurveyError(f"{args.points}: is in metres, and --origin is for degrees: leave one out")
        raw, degrees = [*found, *raw], in_degrees
    if not raw:
        raise SurveyError("no points: give --points FILE.csv, or --point x,y,east,north four times or more")
    return surveyed(raw, degrees=degrees, origin=origin, size=_size(args.size))


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = _SIZE.match(text)
    if not match or not int(match[1]) or not int(match[2]):
        raise SurveyError(f"--size {text!r}: write the picture's width and height in pixels, as 1920x1080")
    return (int(match[1]), int(match[2]))


def _tree(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SceneToolError(f"{path}: not TOML: {error}: mend the text there, or use scene edit") from error

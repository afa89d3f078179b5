"""`edge-agent scene check`: what is wrong or unwise in a scene, and the scene drawn over a still.

Exit code 2 when something is wrong, 0 otherwise: what is only unwise does not keep a scene from being used.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import msgspec

from edge_agent.perception.catalogue import DEFAULT_MODEL
from edge_agent.perception.detector import ModelError
from edge_agent.perception.model_spec import ModelSpec
from edge_agent.replay import find_model
from edge_agent.scene.errors import SceneError
from edge_agent.scene_tools.drawing import draw_scene
from edge_agent.scene_tools.errors import PictureError, SceneFileError
from edge_agent.scene_tools.findings import USUAL_ASPECT, Finding, Verdict, judge, refused
from edge_agent.scene_tools.picture import Image, read_still
from edge_agent.scene_tools.scene_file import SceneFile
from edge_agent.scene_tools.words import Catalogue, load_catalogue
from edge_agent.second_model import head_classifier
from edge_agent.sight_reader import SightReader

REFUSED = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `edge-agent scene check`."""
    parser.add_argument("scene", type=Path, metavar="SCENE", help="scene file")
    parser.add_argument("--frame", metavar="PNG|VIDEO|CAMERA", help="still to draw on, such as rtsp://…")
    parser.add_argument("--draw", type=Path, metavar="OUT.png", help="draw the scene here; needs --frame")
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, metavar="M", help="the model that will see the scene"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")


def run(args: argparse.Namespace) -> int:
    """Check a scene; returns the exit code.

    Raises:
        SceneToolError: the file, the still or the picture's place cannot be used.
        CaptureError: the camera or video gives no still.
    """
    if args.draw is not None and args.frame is None:
        raise PictureError("--draw needs a still: give --frame with a picture, a video or a camera")
    read = SceneFile(args.scene).read()
    if not read.digest:
        raise SceneFileError(f"{args.scene}: there is no such file: give the path of a scene file")
    still = None if args.frame is None else read_still(args.frame)
    aspect = USUAL_ASPECT if still is None else still.shape[1] / still.shape[0]
    words, model = load_catalogue(), model_or_reason(args.model)
    verdict = judge(read.text, words, folder=args.scene.parent, aspect=aspect, model=model)
    verdict = _started(verdict, words)
    drawn = _draw(verdict, still, args.draw)
    sys.stdout.write(
        _as_json(args.scene, verdict, drawn) if args.json else _as_text(args.scene, verdict, drawn)
    )
    sys.stdout.flush()
    return REFUSED if verdict.errors else 0


def model_or_reason(name: str) -> ModelSpec | str:
    """The model, or why there is none."""
    try:
        return find_model(name)
    except ModelError as error:
        return str(error)


def _started(verdict: Verdict, words: Catalogue) -> Verdict:
    """The verdict with what only shows when a node starts: files that the scene names."""
    if verdict.scene is None:
        return verdict
    found = []
    for start in (SightReader, head_classifier):
        try:
            start(verdict.scene)
        except (SceneError, ModelError) as error:
            found.append(refused(str(error), words))
    return replace(verdict, findings=(*found, *verdict.findings))


def _draw(verdict: Verdict, still: Image | None, path: Path | None) -> Path | None:
    if path is None or still is None or verdict.scene is None:
        return None
    try:
        written = cv2.imwrite(str(path), draw_scene(still, verdict.scene, verdict.ground))
    except cv2.error as error:
        raise PictureError(f"{path}: cannot write a picture there: give a path that ends in .png") from error
    if not written:
        raise PictureError(f"{path}: cannot write a picture there: check the folder and its rights")
    return path


def _as_text(path: Path, verdict: Verdict, drawn: Path | None) -> str:
    lines = [line for each in verdict.findings for line in _lines(each)]
    errors, warnings = len(verdict.errors), len(verdict.findings) - len(verdict.errors)
    lines.append(f"{path}: {_count(errors, 'error')}, {_count(warnings, 'warning')}" + _what(verdict))
    if drawn is not None:
        lines.append(f"drawn: {drawn}")
    return "\n".join(lines) + "\n"


def _lines(finding: Finding) -> list[str]:
    if finding.severity == "error":
        return [f"ERROR {finding.cause.en}"]
    place = f"{finding.place}: " if finding.place else ""
    return [f"WARN  {place}{finding.cause.en}", f"      → {finding.next_step.en}"]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _what(verdict: Verdict) -> str:
    scene = verdict.scene
    if scene is None:
        return ""
    counts = [
        _count(len(entries), noun)
        for noun, entries in (
            ("line", scene.lines),
            ("zone", scene.zones),
            ("lane", scene.lanes),
            ("signal", scene.signals),
            ("privacy area", scene.privacy),
            ("rule", scene.rules),
        )
        if entries
    ]
    ground = "" if verdict.ground is None else f", ground ± {verdict.ground.rms_m:.2f} m"
    return f"; {', '.join(counts) or 'empty'}{ground}"


def _as_json(path: Path, verdict: Verdict, drawn: Path | None) -> str:
    errors = len(verdict.errors)
    answer = {
        "scene": str(path),
        "ok": not errors,
        "errors": errors,
        "warnings": len(verdict.findings) - errors,
        "findings": verdict.findings,
        "drawn": None if drawn is None else str(drawn),
    }
    return msgspec.json.encode(answer).decode() + "\n"

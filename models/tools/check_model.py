"""Tell in one screen whether a model fits: its input, its outputs, its labels, what it finds, its speed.

    .venv/bin/python models/tools/check_model.py NAME | NAME/VARIANT | my/model.tflite [--image PICTURE]

Each line starts with ok, note or FAIL; the exit code is 1 when a line says FAIL. The contract that it checks
is that of models/README.md. Without --image it looks at the golden frames of the shipped model.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.detector import ModelError
from edge_agent.perception.gfl_head import GFL
from edge_agent.perception.litert_detector import LiteRtDetector, runtime_name
from edge_agent.perception.model_spec import ModelSpec
from edge_agent.perception.postprocessed_head import find_outputs
from edge_agent.replay import find_model

GOLDEN = Path(__file__).resolve().parent.parent / "ssdlite_mobilenet_v2_coco" / "golden"
RUNTIME_MODULES = {
    "litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
}
NO_CLASS = "empty"
SURE = 0.5
# A box may leave the picture a little; one in pixels leaves it a lot.
FARTHEST = 2.0
TIMED_RUNS = 20
# Two tiles at 10 frames a second on one thread leave a detector 50 ms.
SLOW_MS = 50.0

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the screen."""

    verdict: Literal["ok", "note", "FAIL"]
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class RawOutput:
    """The four outputs of one run, as the interpreter gives them and before anything is filtered."""

    boxes: NDArray[np.float32]
    classes: NDArray[np.float32]
    scores: NDArray[np.float32]
    count: int


def main(words: list[str] | None = None) -> int:
    """Print the findings; 1 when the model does not fit."""
    args = _arguments(words)
    findings: list[Finding] = []
    for finding in check(args.model, args.image or sorted(GOLDEN.glob("*.jpg"))):
        findings.append(finding)
        print(f"{finding.verdict:<5} {finding.subject:<8} {finding.text}", flush=True)
    fits = all(finding.verdict != "FAIL" for finding in findings)
    print("the model fits" if fits else "the model does not fit: see the lines that say FAIL")
    return 0 if fits else 1


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a name of the catalogue, NAME/VARIANT, or a .tflite file")
    parser.add_argument("--image", type=Path, action="append", help="a picture to look at; may be repeated")
    return parser.parse_args(words)


def check(model: str, pictures: list[Path]) -> Iterator[Finding]:
    """Yield the findings in order; what the product itself refuses ends them."""
    try:
        spec = find_model(model)
        megabytes = spec.path.stat().st_size / 1e6
        yield Finding("ok", "file", f"{spec.path} ({megabytes:.1f} MB), name on events: {spec.name}")
        detector = LiteRtDetector(spec)
    except ModelError as error:
        yield Finding("FAIL", "load", str(error))
        return
    images = [image for image in (_read(path) for path in pictures) if image is not None]
    if len(images) < len(pictures) or not images:
        yield Finding(
            "FAIL", "image", f"not all of {', '.join(map(str, pictures))} can be read: give pictures"
        )
        return
    yield _input(spec)
    if spec.contract == GFL:  # that its outputs fit the labels and the grids, the detector has seen to
        yield from of_scores(spec, np.stack([_raw_scores(spec, image) for image in images]))
    else:
        raw = [_raw(spec, image) for image in images]
        yield from of_outputs(raw)
        yield from of_labels(spec, raw)
    yield _found(detector, images)
    yield from _speed(spec, images[0])


def _read(path: Path) -> Image | None:
    image = cv2.imread(str(path))
    return None if image is None else np.asarray(image, np.uint8)


def _interpreter(spec: ModelSpec) -> Any:
    interpreter = importlib.import_module(RUNTIME_MODULES[runtime_name()]).Interpreter(str(spec.path))
    interpreter.allocate_tensors()
    return interpreter


def _input(spec: ModelSpec) -> Finding:
    (details,) = _interpreter(spec).get_input_details()
    _, height, width, _ = (int(size) for size in details["shape"])
    dtype = np.dtype(details["dtype"]).name
    scaling = f", (pixel - {spec.mean:g}) / {spec.std:g}" if dtype == "float32" else ""
    return Finding("ok", "input", f"one RGB picture of {width} × {height}, {dtype}{scaling}")


def _run(spec: ModelSpec, image: Image) -> Any:
    """Return the interpreter after it has looked at a picture."""
    interpreter = _interpreter(spec)
    (details,) = interpreter.get_input_details()
    _, height, width, _ = (int(size) for size in details["shape"])
    pixels = cv2.cvtColor(cv2.resize(image, (width, height)), cv2.COLOR_BGR2RGB)[None]
    dtype = np.dtype(details["dtype"])
    value: NDArray[Any]
    if dtype == np.float32:
        value = ((pixels - np.float32(spec.mean)) / np.float32(spec.std)).astype(np.float32)
    elif dtype == np.int8:
        value = (pixels.astype(np.int16) - 128).astype(np.int8)
    else:
        value = pixels
    interpreter.set_tensor(details["index"], value)
    interpreter.invoke()
    return interpreter


def _raw_scores(spec: ModelSpec, image: Image) -> NDArray[np.float32]:
    """Return the scores of all cells, (cells, classes): of pairs of outputs, or of one that has both."""
    interpreter, classes = _run(spec, image), len(spec.labels)
    details = interpreter.get_output_details()
    scores = [d for d in details if d["shape"][-1] == classes] or details
    return np.concatenate([interpreter.get_tensor(d["index"])[0, :, :classes] for d in scores])


def _raw(spec: ModelSpec, image: Image) -> RawOutput:
    interpreter = _run(spec, image)
    where = find_outputs(interpreter.get_output_details())
    count = int(interpreter.get_tensor(where.count).reshape(-1)[0])
    boxes, classes, scores = (
        interpreter.get_tensor(index)[0][:count] for index in (where.boxes, where.classes, where.scores)
    )
    return RawOutput(boxes, classes, scores, count)


def of_outputs(raw: list[RawOutput]) -> Iterator[Finding]:
    """Judge the values of the four outputs: what a wrong export shows."""
    most = max(one.count for one in raw)
    yield Finding(
        "ok", "outputs", f"boxes, classes, scores, count; at most {most} boxes on {len(raw)} pictures"
    )
    scores = np.concatenate([one.scores for one in raw])
    classes = np.concatenate([one.classes for one in raw])
    boxes = np.concatenate([one.boxes for one in raw])
    if scores.size == 0:
        return
    if scores.min() < 0 or scores.max() > 1:
        yield Finding(
            "FAIL",
            "scores",
            f"{scores.min():.2f} to {scores.max():.2f}, not 0 to 1: put the sigmoid or softmax in",
        )
    if np.any(classes != np.rint(classes)) or classes.min() < 0:
        yield Finding(
            "FAIL", "classes", "not whole numbers from 0: are they exchanged with the scores, or logits?"
        )
    if np.abs(boxes).max() > FARTHEST:
        yield Finding(
            "FAIL", "boxes", f"up to {np.abs(boxes).max():.0f}: in pixels; divide by the input's size"
        )
    elif np.mean((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])) < SURE:
        yield Finding("FAIL", "boxes", "most are empty: the order must be ymin, xmin, ymax, xmax")


def of_scores(spec: ModelSpec, scores: NDArray[np.float32]) -> Iterator[Finding]:
    """Judge the scores of raw heads, (pictures, cells, classes)."""
    pictures, cells, _ = scores.shape
    yield Finding(
        "ok", "outputs", f"scores and edge distributions of {cells} cells; seen on {pictures} pictures"
    )
    if scores.min() < 0 or scores.max() > 1:
        yield Finding(
            "FAIL", "scores", f"{scores.min():.2f} to {scores.max():.2f}, not 0 to 1: put the sigmoid in"
        )
    strange = [label for label in spec.classes if label not in spec.labels]
    yield Finding("ok", "labels", f"{len(spec.labels)} classes, class 0 is {spec.labels[0]!r}")
    if strange:
        yield Finding("FAIL", "labels", f"`classes` names what the labels lack: {', '.join(strange)}")


def of_labels(spec: ModelSpec, raw: list[RawOutput]) -> Iterator[Finding]:
    """Judge the labels by the classes that were found."""
    named = [label for label in spec.labels if label and label != NO_CLASS]
    yield Finding("ok", "labels", f"{len(named)} classes, class 0 is {spec.labels[0]!r}")
    strange = [label for label in spec.classes if label not in spec.labels]
    if strange:
        yield Finding("FAIL", "labels", f"`classes` names what the labels lack: {', '.join(strange)}")
    ids = np.concatenate([one.classes for one in raw]).astype(int)
    beyond = sorted({int(class_id) for class_id in ids if class_id >= len(spec.labels)})
    if beyond:
        last = len(spec.labels) - 1
        yield Finding(
            "FAIL", "labels", f"class {beyond[-1]} was found, the labels end at {last}: add the rest"
        )
    sure = np.concatenate([one.classes[one.scores >= SURE] for one in raw]).astype(int)
    if any(spec.labels[class_id] in {"", NO_CLASS} for class_id in sure if 0 <= class_id < len(spec.labels)):
        yield Finding("FAIL", "labels", "a sure detection has a class without a name: is label_offset right?")


def _found(detector: LiteRtDetector, images: list[Image]) -> Finding:
    names: list[str] = []
    for image in images:
        found = detector.detect(image)
        names += [detector.labels[class_id] for class_id in found.class_id[found.score >= SURE]]
    counted = ", ".join(f"{names.count(name)} {name}" for name in sorted(set(names)))
    if not counted:
        return Finding(
            "note", "finds", f"nothing of score ≥ {SURE} on {len(images)} pictures: try your own, --image"
        )
    return Finding(
        "ok", "finds", f"of score ≥ {SURE} on {len(images)} pictures: {counted}. Are the names right?"
    )


def _speed(spec: ModelSpec, image: Image) -> Iterator[Finding]:
    times = {threads: _milliseconds(LiteRtDetector(spec, threads=threads), image) for threads in (1, 2)}
    shown = ", ".join(
        f"{ms:.1f} ms on {threads} thread{'s' * (threads > 1)}" for threads, ms in times.items()
    )
    verdict: Literal["ok", "note"] = "ok" if times[2] <= SLOW_MS else "note"
    advice = "" if verdict == "ok" else "; slow: take tiles = 1, fewer frames a second, or quantise to int8"
    yield Finding(
        verdict, "speed", f"median of {TIMED_RUNS}, one tile, with {runtime_name()}: {shown}{advice}"
    )


def _milliseconds(detector: LiteRtDetector, image: Image) -> float:
    detector.detect(image)  # the first run also lays out memory
    times: list[float] = []
    for _ in range(TIMED_RUNS):
        start = time.perf_counter()
        detector.detect(image)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1000


if __name__ == "__main__":
    sys.exit(main())

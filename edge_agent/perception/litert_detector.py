"""A detector on LiteRT (`ai-edge-litert`), or on `tflite-runtime` where only that is installed.

The model's contract is that of `TFLite_Detection_PostProcess`, as Coral's `detect.tflite` has it: input
[1, h, w, 3] RGB; outputs boxes [1, n, 4] (ymin, xmin, ymax, xmax), classes [1, n], scores [1, n], count
[1]. Converters scramble the order of the outputs, so they are looked up by name and shape. One detector
belongs to one thread: its buffers are used again for each picture.
"""

import ctypes
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import ModelError
from edge_agent.perception.model_spec import ModelSpec, check_is_tflite

_RUNTIMES: Final = (
    ("litert", "ai_edge_litert.interpreter"),
    ("tflite-runtime", "tflite_runtime.interpreter"),
)
_PICTURE_RANK: Final = 4
_RGB: Final = 3
_SIGNED_SHIFT: Final = 128
MIN_SCORE: Final = 0.05
"""Below this a box is noise for every later stage."""


class _Interpreter(Protocol):
    """The part of both runtimes' interpreter that is used here."""

    def allocate_tensors(self) -> None: ...
    def get_input_details(self) -> list[dict[str, Any]]: ...
    def get_output_details(self) -> list[dict[str, Any]]: ...
    def set_tensor(self, tensor_index: int, value: NDArray[Any]) -> None: ...
    def get_tensor(self, tensor_index: int) -> NDArray[Any]: ...
    def invoke(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Outputs:
    """Tensor indices of the four outputs."""

    boxes: int
    classes: int
    scores: int
    count: int


def runtime_name() -> str:
    """Name of the runtime that is installed: `litert` or `tflite-runtime`.

    Raises:
        ModelError: neither is installed.
    """
    return _runtime()[0]


def _runtime() -> tuple[str, Any]:
    for name, module in _RUNTIMES:
        try:
            return name, importlib.import_module(module)
        except ImportError:
            continue
    raise ModelError(
        "no TFLite runtime is installed: install matthan[edge] (ai-edge-litert) or matthan[edge-tflite]"
    )


def find_outputs(details: list[dict[str, Any]]) -> Outputs:
    """Tell the four outputs apart by name and shape.

    Raises:
        ModelError: the outputs are not those of the contract.
    """
    boxes = [d for d in details if len(d["shape"]) == 3 and d["shape"][-1] == 4]  # noqa: PLR2004  (1, n, 4)
    count = [d for d in details if tuple(d["shape"]) in {(1,), ()}]
    rows = [d for d in details if len(d["shape"]) == 2]  # noqa: PLR2004  (1, n)
    classes = [d for d in rows if _role(str(d["name"])) == "classes"]
    scores = [d for d in rows if _role(str(d["name"])) == "scores"]
    found = (boxes, classes, scores, count)
    if any(len(some) != 1 for some in found):
        seen = ", ".join(f"{d['name']} {[int(n) for n in d['shape']]}" for d in details)
        raise ModelError(
            "the model's outputs are not boxes [1,n,4], classes [1,n], scores [1,n], count [1]; "
            f"it has {seen}: export it with TFLite_Detection_PostProcess (see models/README.md)"
        )
    return Outputs(*(int(some[0]["index"]) for some in found))


def _role(name: str) -> str:
    """`classes`, `scores` or nothing, from the names that the known exporters give."""
    lowered = name.lower()
    if "score" in lowered:
        return "scores"
    if "class" in lowered:
        return "classes"
    stem, _, number = lowered.rpartition(":")
    if stem.endswith("tflite_detection_postprocess"):
        return {"1": "classes", "2": "scores"}.get(number, "")
    if stem.endswith("statefulpartitionedcall"):  # TensorFlow 2's exporter counts backwards
        return {"1": "scores", "2": "classes"}.get(number, "")
    return ""


class LiteRtDetector:
    """Runs one model file.

    Args:
        spec: the model file, its labels and how its input is scaled.
        threads: threads of the interpreter.
        delegate: path of a delegate library such as `libedgetpu.so.1`, or nothing for the processor.
        min_score: boxes below it are not reported.

    Raises:
        ModelError: the file, the delegate or the tensors cannot be used.
    """

    def __init__(
        self, spec: ModelSpec, *, threads: int = 1, delegate: Path | None = None, min_score: float = MIN_SCORE
    ) -> None:
        self.name = spec.name
        self.labels = spec.labels
        self._min_score = min_score
        self._interpreter = _load(spec, threads, delegate)
        self._outputs = find_outputs(self._interpreter.get_output_details())
        picture = self._interpreter.get_input_details()
        shape = tuple(int(n) for n in picture[0]["shape"])
        dtype = np.dtype(picture[0]["dtype"])
        if len(picture) != 1 or len(shape) != _PICTURE_RANK or shape[0] != 1 or shape[3] != _RGB:
            raise ModelError(
                f"{spec.path}: input is {list(shape)}, not one RGB picture [1, height, width, 3]"
            )
        if dtype not in (np.uint8, np.int8, np.float32):
            raise ModelError(f"{spec.path}: input is {dtype}, not uint8, int8 or float32: export it again")
        self._input = int(picture[0]["index"])
        self._size = (shape[2], shape[1])
        self._dtype = dtype
        self._scale = 1.0 / spec.std
        self._shift = -spec.mean / spec.std
        self._resized = np.zeros((shape[1], shape[2], 3), np.uint8)
        self._rgb = np.zeros(shape, np.uint8)

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Boxes in a picture of shape (height, width, 3), order BGR, normalised to it."""
        self.prepare(image)
        self.invoke()
        return self.read()

    def prepare(self, image: NDArray[np.uint8]) -> None:
        """Scale a picture and put it into the interpreter.

        Resizing comes first, so that only the small picture is converted.
        """
        cv2.resize(image, self._size, dst=self._resized, interpolation=cv2.INTER_LINEAR)
        cv2.cvtColor(self._resized, cv2.COLOR_BGR2RGB, dst=self._rgb[0])
        if self._dtype == np.uint8:
            self._interpreter.set_tensor(self._input, self._rgb)
        elif self._dtype == np.int8:
            self._interpreter.set_tensor(
                self._input, (self._rgb.astype(np.int16) - _SIGNED_SHIFT).astype(np.int8)
            )
        else:
            scaled = self._rgb.astype(np.float32)
            scaled *= self._scale
            scaled += self._shift
            self._interpreter.set_tensor(self._input, scaled)

    def invoke(self) -> None:
        """Run the interpreter on the picture that it holds."""
        self._interpreter.invoke()

    def read(self) -> Detections:
        """What the latest run found."""
        get, outputs = self._interpreter.get_tensor, self._outputs
        count = int(get(outputs.count).reshape(-1)[0])
        score = get(outputs.scores)[0, :count]
        wanted = np.flatnonzero(score >= self._min_score)
        yxyx = get(outputs.boxes)[0][wanted]
        class_id = get(outputs.classes)[0][wanted].astype(np.int64)
        xyxy = np.clip(yxyx[:, [1, 0, 3, 2]], 0, 1).astype(np.float32)
        real = (
            (xyxy[:, 2] > xyxy[:, 0])
            & (xyxy[:, 3] > xyxy[:, 1])
            & (class_id >= 0)
            & (class_id < len(self.labels))
        )
        return Detections(xyxy[real], class_id[real], score[wanted][real].astype(np.float32))


def _load(spec: ModelSpec, threads: int, delegate: Path | None) -> _Interpreter:
    """An interpreter with its tensors allocated, or a `ModelError` that says why not."""
    check_is_tflite(spec.path)
    name, module = _runtime()
    delegates = []
    if delegate is not None:
        try:
            # Both runtimes leave a broken object behind when the library is missing: look for it first.
            ctypes.CDLL(str(delegate))
            delegates = [module.load_delegate(str(delegate))]
        except (ValueError, OSError) as error:
            raise ModelError(
                f"{delegate}: {name} cannot load this delegate ({error}): is the device plugged in?"
            ) from error
    try:
        loaded = module.Interpreter(str(spec.path), num_threads=threads, experimental_delegates=delegates)
        loaded.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"{spec.path}: {name} refuses this model ({reason}): is it whole, and made for TFLite?"
        ) from error
    return cast("_Interpreter", loaded)

"""A detector on LiteRT (`ai-edge-litert`), or on `tflite-runtime` where only that is installed.

Input is one RGB picture, [1, h, w, 3]. What the outputs mean is the model's contract: `postprocessed_head.py`
and `gfl_head.py` read them. One detector belongs to one thread: its buffers are used again for each picture.
"""

import ctypes
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import ModelError
from edge_agent.perception.gfl_head import GFL, GflHead
from edge_agent.perception.head import Head, TensorDetails
from edge_agent.perception.model_spec import ModelSpec, check_is_tflite
from edge_agent.perception.postprocessed_head import PostprocessedHead

_RUNTIMES: Final = (
    ("litert", "ai_edge_litert.interpreter"),
    ("tflite-runtime", "tflite_runtime.interpreter"),
)
_PICTURE_RANK: Final = 4
_RGB: Final = 3
_SIGNED_SHIFT: Final = 128
MIN_SCORE: Final = 0.05
"""Below this a box is noise for every later stage."""


HeadOf = Callable[[ModelSpec, list[TensorDetails], tuple[int, int]], Head]
"""Makes the reader of a model's outputs; the last argument is the width and height of its picture."""


class _Interpreter(Protocol):
    """The part of both runtimes' interpreter that is used here."""

    def allocate_tensors(self) -> None: ...
    def get_input_details(self) -> list[dict[str, Any]]: ...
    def get_output_details(self) -> list[dict[str, Any]]: ...
    def set_tensor(self, tensor_index: int, value: NDArray[Any]) -> None: ...
    def get_tensor(self, tensor_index: int) -> NDArray[Any]: ...
    def invoke(self) -> None: ...


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


class LiteRtDetector:
    """Runs one model file.

    Args:
        spec: the model file, its labels and how its input is scaled.
        threads: threads of the interpreter.
        delegate: path of a delegate library such as `libedgetpu.so.1`, or nothing for the processor.
        min_score: boxes below it are not reported.
        head_of: what makes the reader of the outputs; without it the model's contract says.

    Raises:
        ModelError: the file, the delegate or the tensors cannot be used.
    """

    def __init__(
        self,
        spec: ModelSpec,
        *,
        threads: int = 1,
        delegate: Path | None = None,
        min_score: float = MIN_SCORE,
        head_of: HeadOf | None = None,
    ) -> None:
        self.name = spec.name
        self.labels = spec.labels
        self._min_score = min_score
        self._interpreter = _load(spec, threads, delegate)
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
        self._head = (head_of or _head)(spec, self._interpreter.get_output_details(), self._size)

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
        return self._head.read(self._interpreter.get_tensor, self._min_score)


def _head(spec: ModelSpec, details: list[TensorDetails], size: tuple[int, int]) -> Head:
    """What reads the outputs under the model's contract."""
    try:
        if spec.contract == GFL:
            return GflHead(details, classes=len(spec.labels), size=size, grids=spec.grids)
        return PostprocessedHead(details, len(spec.labels))
    except ModelError as error:
        raise ModelError(f"{spec.path}: {error}") from error


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

"""A model file and what is known of it: made by the catalogue, read by detectors."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge_agent.perception.detector import ModelError
from edge_agent.perception.gfl_head import GridSpec
from edge_agent.perception.postprocessed_head import POSTPROCESSED

_FLATBUFFER_ID: Final = b"TFL3"
_HEAD: Final = 8


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One usable model file.

    Attributes:
        name: what events carry, such as `ssdlite_mobilenet_v2_coco/int8`.
        path: the `.tflite` file.
        labels: label of each class id the model gives, from class 0; "empty" where there is none.
        classes: labels worth using, judged on evidence; empty when nobody has judged.
        mean: with `std`, a float input is (pixel - mean) / std, pixel 0-255.
        std: see `mean`.
        contract: what the outputs mean: `TFLite_Detection_PostProcess`, `GFL` or `Classification`.
        grids: where the cells of a `GFL` model lie.
    """

    name: str
    path: Path
    labels: tuple[str, ...]
    classes: tuple[str, ...] = ()
    mean: float = 127.5
    std: float = 127.5
    contract: str = POSTPROCESSED
    grids: GridSpec = field(default_factory=GridSpec)


def check_is_tflite(path: Path) -> None:
    """Look at the first bytes of a file.

    Raises:
        ModelError: it cannot be read, or is not a TFLite model.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise ModelError(
            f"{path}: cannot read the model ({error.strerror}): check the path and its rights"
        ) from error
    if head[4:] != _FLATBUFFER_ID:
        raise ModelError(
            f"{path}: this is not a TFLite model: give a .tflite file or a name from models/catalog.toml"
        )

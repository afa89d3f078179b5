"""A model file and what is known of it: made by the catalogue, read by detectors."""

from dataclasses import dataclass
from pathlib import Path


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
    """

    name: str
    path: Path
    labels: tuple[str, ...]
    classes: tuple[str, ...] = ()
    mean: float = 127.5
    std: float = 127.5

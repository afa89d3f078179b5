"""Find a model by its name in `models/catalog.toml`, or take a `.tflite` file with `labels.txt` beside it.

The catalogue is looked for in the folder that the caller names (the environment's MATTHAN_MODELS), in
`share/matthan/models` of the installation, and in the checkout. The file's SHA-256 is checked.
"""

import hashlib
import platform
import sys
import tomllib
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.perception.classification_head import CLASSIFICATION
from edge_agent.perception.detector import ModelError
from edge_agent.perception.gfl_head import GFL, GridSpec
from edge_agent.perception.model_spec import ModelSpec, check_is_tflite
from edge_agent.perception.postprocessed_head import POSTPROCESSED

DEFAULT_MODEL: Final = "ssdlite_mobilenet_v2_coco"
_NO_CLASS: Final = frozenset({"empty", "???", "background"})
"""First lines of label files that leave line 0 to the background, so class 0 is line 1."""
_CONTRACTS: Final = (POSTPROCESSED, GFL, CLASSIFICATION)


class _Variant(msgspec.Struct, frozen=True):
    file: str
    sha256: str
    mean: float = 127.5
    std: float = 127.5


class _Entry(msgspec.Struct, frozen=True):
    labels: str
    variants: dict[str, _Variant]
    prefer: dict[str, str]
    label_offset: int = 0
    classes: tuple[str, ...] = ()
    contract: str = POSTPROCESSED
    strides: tuple[int, ...] = GridSpec().strides
    cell_centre: float = GridSpec().centre


class _Catalogue(msgspec.Struct, frozen=True):
    models: dict[str, _Entry]


def model_folders(configured: str | None) -> tuple[Path, ...]:
    """Where models may be, first the folder that the environment names (or nothing)."""
    checkout = Path(__file__).resolve().parents[2] / "models"
    installed = Path(sys.prefix) / "share" / "matthan" / "models"
    return (*([Path(configured)] if configured else []), installed, checkout)


def resolve(wanted: str, folders: tuple[Path, ...], runtime: str, machine: str | None = None) -> ModelSpec:
    """The model that a configuration or a command line asks for.

    Args:
        wanted: `NAME`, `NAME/VARIANT`, or the path of a `.tflite` file.
        folders: where catalogues may be, in this order.
        runtime: `litert` or `tflite-runtime`; with `machine` it decides the variant.
        machine: as `uname -m` prints it; this machine's when left out.

    Raises:
        ModelError: no such model, a broken catalogue, or a file that is not the one catalogued.
    """
    if wanted.endswith(".tflite") or Path(wanted).is_file():
        return _from_file(Path(wanted))
    name, _, variant_name = wanted.partition("/")
    catalogues = [folder / "catalog.toml" for folder in folders if (folder / "catalog.toml").is_file()]
    known: list[str] = []
    for path in catalogues:
        models = _read(path).models
        if name in models:
            return _from_entry(
                path, name, models[name], variant_name, (runtime, machine or platform.machine())
            )
        known += models
    if not catalogues:
        places = ", ".join(str(folder) for folder in folders)
        raise ModelError(f"no catalog.toml in {places}: set MATTHAN_MODELS to the folder with the models")
    raise ModelError(f"no model {name!r} in the catalogue: it has {', '.join(known)}; or give a .tflite file")


def _from_entry(path: Path, name: str, entry: _Entry, variant_name: str, here: tuple[str, str]) -> ModelSpec:
    runtime, machine = here
    chosen = (
        variant_name
        or entry.prefer.get(f"{runtime}/{machine}")
        or entry.prefer.get(runtime)
        or next(iter(entry.variants), "")
    )
    variant = entry.variants.get(chosen)
    if variant is None:
        raise ModelError(
            f"{path}: model {name} has no variant {chosen!r}: it has {', '.join(entry.variants)}"
        )
    if entry.contract not in _CONTRACTS or not entry.strides or min(entry.strides) < 1:
        raise ModelError(
            f"{path}: model {name} has contract {entry.contract!r} and strides {list(entry.strides)}: this "
            f"agent knows {', '.join(_CONTRACTS)}, strides from 1: correct the entry or update the agent"
        )
    folder = path.parent / name
    file = folder / variant.file
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{file}: cannot read the model ({error.strerror}): install it again") from error
    if digest != variant.sha256:
        raise ModelError(f"{file}: not the catalogued file (its SHA-256 starts {digest[:16]}): copy it again")
    lines = _label_lines(folder / entry.labels)
    return ModelSpec(
        f"{name}/{chosen}",
        file,
        lines[entry.label_offset :],
        entry.classes,
        variant.mean,
        variant.std,
        entry.contract,
        GridSpec(entry.strides, entry.cell_centre),
    )


def _from_file(file: Path) -> ModelSpec:
    check_is_tflite(file)
    lines = _label_lines(file.parent / "labels.txt")
    offset = 1 if lines[0] in _NO_CLASS else 0
    return ModelSpec(file.stem, file, lines[offset:])


def _label_lines(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(
            f"{path}: cannot read the labels: put one label a line there, class 0 first"
        ) from error
    labels = tuple(line.strip() for line in lines)
    if not any(labels):
        raise ModelError(f"{path}: has no labels: put one label a line there, class 0 first")
    return labels


def _read(path: Path) -> _Catalogue:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Catalogue)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ModelError(
            f"{path}: not a model catalogue ({error}): compare it with the one in the source"
        ) from error

"""`models/catalog.toml` names files that are there, whole, and documented."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

MODELS = Path(__file__).resolve().parents[3] / "models"
CATALOG: dict[str, Any] = tomllib.loads((MODELS / "catalog.toml").read_text(encoding="utf-8"))
ENTRIES = list(CATALOG["models"].items())
VARIANTS = [(name, variant) for name, entry in ENTRIES for variant in entry["variants"].values()]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "variant"), VARIANTS, ids=lambda value: value["file"] if isinstance(value, dict) else value
)
def test_every_file_is_the_one_catalogued(name: str, variant: dict[str, Any]) -> None:
    assert _sha256(MODELS / name / variant["file"]) == variant["sha256"]


@pytest.mark.parametrize(("name", "entry"), ENTRIES)
def test_every_model_has_labels_licence_card_and_golden_frames(name: str, entry: dict[str, Any]) -> None:
    assert _sha256(MODELS / name / entry["labels"]) == entry["labels_sha256"]
    lines = (MODELS / name / entry["labels"]).read_text(encoding="utf-8").splitlines()
    assert set(entry["classes"]) <= set(lines[entry["label_offset"] :])
    assert [
        file
        for file in (entry["licence_file"], entry["card"], entry["golden"])
        if not (MODELS / name / file).is_file()
    ] == []


@pytest.mark.parametrize("entry", CATALOG["models"].values(), ids=CATALOG["models"])
def test_every_runtime_prefers_a_variant_that_exists(entry: dict[str, Any]) -> None:
    assert {"litert", "tflite-runtime"} <= set(entry["prefer"])
    assert set(entry["prefer"].values()) <= set(entry["variants"])


def test_every_model_folder_is_catalogued() -> None:
    folders = {path.parent.name for path in MODELS.glob("*/*.tflite")}
    assert folders == set(CATALOG["models"])

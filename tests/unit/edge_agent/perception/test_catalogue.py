import hashlib
from pathlib import Path

import pytest

from edge_agent.perception.catalogue import model_folders, resolve
from edge_agent.perception.detector import ModelError
from edge_agent.perception.gfl_head import GridSpec

CATALOGUE = """
schema = 1
[models.small]
title = "unknown keys are for others"
labels = "labels.txt"
label_offset = 1
classes = ["person"]
[models.small.prefer]
"litert" = "int8"
"tflite-runtime" = "int8"
"tflite-runtime/x86_64" = "fp16"
[models.small.variants.int8]
file = "int8.tflite"
sha256 = "{int8}"
mean = 0.0
std = 1.0
[models.small.variants.fp16]
file = "fp16.tflite"
sha256 = "{fp16}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = tmp_path / "models" / "small"
    files.mkdir(parents=True)
    digests = {}
    for name in ("int8", "fp16"):
        (files / f"{name}.tflite").write_bytes(name.encode())
        digests[name] = hashlib.sha256(name.encode()).hexdigest()
    (files / "labels.txt").write_text("empty\nperson\nbicycle\n", encoding="utf-8")
    (tmp_path / "models" / "catalog.toml").write_text(CATALOGUE.format(**digests), encoding="utf-8")
    return tmp_path / "models"


@pytest.mark.parametrize(
    ("wanted", "runtime", "machine", "expected"),
    [
        ("small", "litert", "x86_64", "int8"),
        ("small", "litert", "aarch64", "int8"),
        ("small", "tflite-runtime", "aarch64", "int8"),
        ("small", "tflite-runtime", "x86_64", "fp16"),
        ("small/fp16", "litert", "x86_64", "fp16"),
    ],
)
def test_a_name_finds_the_variant_for_the_runtime(
    folder: Path, wanted: str, runtime: str, machine: str, expected: str
) -> None:
    spec = resolve(wanted, (folder,), runtime, machine)
    assert f"small/{expected}" == spec.name
    assert folder / "small" / f"{expected}.tflite" == spec.path
    assert spec.labels == ("person", "bicycle")
    assert spec.classes == ("person",)


def test_scaling_comes_from_the_variant(folder: Path) -> None:
    assert (resolve("small/int8", (folder,), "litert").mean, resolve("small", (folder,), "litert").std) == (
        0.0,
        1.0,
    )
    assert resolve("small/fp16", (folder,), "litert").mean == 127.5


def test_the_first_folder_with_the_name_wins(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "catalog.toml").write_text("[models]\n", encoding="utf-8")
    assert folder / "small" / "int8.tflite" == resolve("small", (tmp_path, other, folder), "litert").path


def test_a_model_without_a_contract_has_the_postprocessed_one(folder: Path) -> None:
    assert resolve("small", (folder,), "litert").contract == "TFLite_Detection_PostProcess"


def test_the_contract_and_the_grids_come_from_the_entry(folder: Path) -> None:
    catalogue = folder / "catalog.toml"
    text = catalogue.read_text(encoding="utf-8").replace(
        "label_offset = 1", 'label_offset = 1\ncontract = "GFL"\nstrides = [8, 16, 32, 64]\ncell_centre = 0.0'
    )
    catalogue.write_text(text, encoding="utf-8")
    spec = resolve("small", (folder,), "litert")
    assert ("GFL", GridSpec((8, 16, 32, 64), 0.0)) == (spec.contract, spec.grids)


@pytest.mark.parametrize("line", ['contract = "SSD"', "strides = []", "strides = [8, 0]"])
def test_a_contract_that_the_agent_cannot_read_is_named(folder: Path, line: str) -> None:
    catalogue = folder / "catalog.toml"
    text = catalogue.read_text(encoding="utf-8").replace("label_offset = 1", f"label_offset = 1\n{line}")
    catalogue.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"model small has contract .* this agent knows .* GFL"):
        resolve("small", (folder,), "litert")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("large", ["no model 'large'", "it has small", "or give a .tflite file"]),
        ("small/int4", ["no variant 'int4'", "int8, fp16"]),
        ("nowhere/x.tflite", ["nowhere/x.tflite", "cannot read the model"]),
    ],
)
def test_what_is_not_there_is_told_with_what_is(folder: Path, wanted: str, words: list[str]) -> None:
    with pytest.raises(ModelError) as refusal:
        resolve(wanted, (folder,), "litert")
    assert [word for word in words if word not in str(refusal.value)] == []


def test_without_a_catalogue_the_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no catalog\.toml in .*set MATTHAN_MODELS"):
        resolve("small", (tmp_path,), "litert")


def test_a_file_that_was_changed_is_refused(folder: Path) -> None:
    (folder / "small" / "int8.tflite").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"not the catalogued file.*copy it again"):
        resolve("small", (folder,), "litert")


def test_a_file_that_is_gone_is_named(folder: Path) -> None:
    (folder / "small" / "int8.tflite").unlink()
    with pytest.raises(ModelError, match=r"int8\.tflite: cannot read the model"):
        resolve("small", (folder,), "litert")


@pytest.mark.parametrize("text", ["[models", "models = 3", "[models.small]\nlabels = 'x'"])
def test_a_broken_catalogue_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "catalog.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="not a model catalogue"):
        resolve("small", (tmp_path,), "litert")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("person\ncar\n", ("person", "car")),
        ("???\nperson\ncar\n", ("person", "car")),
        ("background\nperson\n", ("person",)),
        ("person \n\ncar", ("person", "", "car")),
    ],
)
def test_ones_own_file_takes_the_labels_beside_it(
    tmp_path: Path, labels: str, expected: tuple[str, ...]
) -> None:
    (tmp_path / "mine.tflite").write_bytes(b"\x1c\x00\x00\x00TFL3")
    (tmp_path / "labels.txt").write_text(labels, encoding="utf-8")
    spec = resolve(str(tmp_path / "mine.tflite"), (), "litert")
    assert ("mine", expected, ()) == (spec.name, spec.labels, spec.classes)


def test_labels_must_not_be_empty(tmp_path: Path) -> None:
    (tmp_path / "mine.tflite").write_bytes(b"\x1c\x00\x00\x00TFL3")
    (tmp_path / "labels.txt").write_text("\n\n", encoding="utf-8")
    with pytest.raises(ModelError, match="has no labels"):
        resolve(str(tmp_path / "mine.tflite"), (), "litert")


def test_the_environment_comes_before_the_installation_and_the_checkout() -> None:
    assert Path("/opt/models") == model_folders("/opt/models")[0]
    assert 2 == len(model_folders(None)) == len(model_folders(""))


def test_ones_own_file_needs_labels_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.tflite").write_bytes(b"\x1c\x00\x00\x00TFL3")
    with pytest.raises(ModelError, match=r"labels\.txt: cannot read the labels"):
        resolve(str(tmp_path / "mine.tflite"), (), "litert")


def test_a_file_that_is_no_model_is_told_so_before_its_labels_are_missed(tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(b"no model at all")
    with pytest.raises(ModelError, match="not a TFLite model"):
        resolve(str(tmp_path / "picture.jpg"), (), "litert")

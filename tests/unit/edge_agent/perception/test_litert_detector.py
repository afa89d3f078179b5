from pathlib import Path

import pytest

from edge_agent.perception.detector import ModelError
from edge_agent.perception.litert_detector import LiteRtDetector
from edge_agent.perception.model_spec import ModelSpec


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot read the model"),
        (b"", "not a TFLite model"),
        (b"#!/bin/sh\nexit 0\n", "not a TFLite model"),
        (b"\x1c\x00\x00\x00TFL3 and no more", "refuses this model"),
    ],
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "mine.tflite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=words) as refusal:
        LiteRtDetector(ModelSpec("mine", path, ("person",)))
    assert str(path) in str(refusal.value)


def test_a_delegate_that_is_not_there_is_named(tmp_path: Path) -> None:
    model = tmp_path / "mine.tflite"
    model.write_bytes(b"\x1c\x00\x00\x00TFL3")
    library = tmp_path / "libedgetpu.so.1"
    with pytest.raises(ModelError, match=r"cannot load this delegate.*is the device plugged in") as refusal:
        LiteRtDetector(ModelSpec("mine", model, ("person",)), delegate=library)
    assert str(library) in str(refusal.value)

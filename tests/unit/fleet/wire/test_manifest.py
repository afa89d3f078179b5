"""Manifests: canonical bytes, safe paths, and what does not fit is named."""

import pytest

from fleet.wire.errors import ManifestError
from fleet.wire.manifest import Manifest, ManifestFile, decode_manifest, encode_manifest, misfits

FILE = ManifestFile("int8.tflite", 3, "ab" * 32)
MANIFEST = Manifest("model", "ssdlite", "1.0", (FILE, ManifestFile("labels.txt", 1, "cd" * 32)), ("litert",))


def test_a_manifest_comes_back_as_it_went() -> None:
    assert decode_manifest(encode_manifest(MANIFEST)) == MANIFEST


def test_unknown_fields_of_a_later_version_are_ignored() -> None:
    assert decode_manifest(encode_manifest(MANIFEST)[:-1] + b',"later":1}') == MANIFEST


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../b", "a//b", ".hidden", "a\\b", "", "x\n"])
def test_a_path_that_could_leave_the_folder_is_refused(path: str) -> None:
    hostile = encode_manifest(Manifest("model", "m", "1", (ManifestFile(path, 1, "ab" * 32),)))
    with pytest.raises(ManifestError, match="path"):
        decode_manifest(hostile)


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b"[]", b'{"kind":"virus"}'])
def test_a_malformed_manifest_is_refused(text: bytes) -> None:
    with pytest.raises(ManifestError, match="malformed"):
        decode_manifest(text)


def test_a_file_named_twice_is_refused() -> None:
    with pytest.raises(ManifestError, match="twice"):
        decode_manifest(encode_manifest(Manifest("model", "m", "1", (FILE, FILE))))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"int8.tflite": (3, "ab" * 32), "labels.txt": (1, "cd" * 32)}, []),
        ({"int8.tflite": (3, "ab" * 32)}, ["labels.txt: missing"]),
        (
            {"int8.tflite": (4, "ab" * 32), "labels.txt": (1, "ee" * 32), "extra": (1, "")},
            [
                "int8.tflite: 4 bytes, 3 expected",
                "labels.txt: another content than was published",
                "extra: not in the manifest",
            ],
        ),
    ],
)
def test_misfits_are_named(found: dict[str, tuple[int, str]], expected: list[str]) -> None:
    assert expected == misfits(MANIFEST, found)

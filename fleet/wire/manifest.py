"""Manifest of an artefact (an ML model or an agent release): its files, sizes and digests.

The text form is JSON with sorted keys, so that equal manifests are equal bytes and can be signed.
"""

from typing import Annotated, Final, Literal

import msgspec

from fleet.wire.errors import ManifestError

MAX_FILE: Final = 2**31
_PATH_PATTERN: Final = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*\Z"
_HEX64: Final = r"^[0-9a-f]{64}\Z"


class ManifestFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: path relative to the artefact's folder, size in bytes, SHA-256 in hex."""

    path: Annotated[str, msgspec.Meta(pattern=_PATH_PATTERN, max_length=200)]
    size: Annotated[int, msgspec.Meta(ge=0, le=MAX_FILE)]
    sha256: Annotated[str, msgspec.Meta(pattern=_HEX64)]


class Manifest(msgspec.Struct, frozen=True):
    """An artefact. `requires` names what a node must offer, such as `litert` or `armv8`."""

    kind: Literal["model", "agent"]
    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}\Z")]
    version: Annotated[str, msgspec.Meta(pattern=r"^[0-9][0-9A-Za-z.+-]{0,31}\Z")]
    files: Annotated[tuple[ManifestFile, ...], msgspec.Meta(min_length=1, max_length=500)]
    requires: Annotated[tuple[str, ...], msgspec.Meta(max_length=20)] = ()


def encode_manifest(manifest: Manifest) -> bytes:
    """Canonical bytes of a manifest."""
    return msgspec.json.encode(manifest, order="sorted")


def decode_manifest(text: bytes) -> Manifest:
    """Parse a manifest; raises ManifestError that names the field."""
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"the manifest is malformed: {error}") from error
    paths = [file.path for file in manifest.files]
    if len(set(paths)) != len(paths):
        raise ManifestError("the manifest names a file twice")
    return manifest


def misfits(manifest: Manifest, found: dict[str, tuple[int, str]]) -> list[str]:
    """Say how the files found (path → size, sha256 hex) differ from the manifest; [] when they fit."""
    wrong = []
    for file in manifest.files:
        if file.path not in found:
            wrong.append(f"{file.path}: missing")
        elif found[file.path][0] != file.size:
            wrong.append(f"{file.path}: {found[file.path][0]} bytes, {file.size} expected")
        elif found[file.path][1] != file.sha256:
            wrong.append(f"{file.path}: another content than was published")
    wrong.extend(
        f"{path}: not in the manifest" for path in found if path not in {f.path for f in manifest.files}
    )
    return wrong

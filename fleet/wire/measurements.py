"""The catalogue of measurements, parsed once from measurements.toml beside this file."""

from importlib import resources
from typing import Literal

import msgspec

Tag = Literal["zone_or_line", "class", "direction"]


class Meaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a measurement is, for people."""

    en: str
    vi: str


class MeasurementKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry: unit (UCUM-like), the tags that a row may carry, and how values join."""

    unit: str
    tags: tuple[Tag, ...]
    value: Literal["float"]
    aggregate: Literal["sum", "mean", "max", "last"]
    meaning: Meaning


Catalogue = dict[str, MeasurementKind]


def parse_catalogue(text: str) -> Catalogue:
    """Parse a catalogue; raises msgspec.ValidationError naming the entry that is wrong."""
    return msgspec.toml.decode(text, type=Catalogue)


def load_catalogue() -> Catalogue:
    """Read the catalogue that ships with this version."""
    return parse_catalogue(resources.files("fleet.wire").joinpath("measurements.toml").read_text("utf-8"))

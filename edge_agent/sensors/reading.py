"""One value that a sensor measured."""

from dataclasses import dataclass
from typing import Literal

Quality = Literal[0, 1, 2, 3]
"""0 good, 1 suspect, 2 estimated, 3 bad: as on the wire."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A value and what it is; where there is no value there is no reading.

    Attributes:
        name: stands in the catalogue of measurements (fleet/wire/measurements.toml) with its unit.
        value: in that unit; finite.
        quality: how far it can be trusted.
        at_s: when it was measured, on the monotonic clock that frames use.
    """

    name: str
    value: float
    quality: Quality
    at_s: float

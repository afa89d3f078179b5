"""What the slice stands on, given by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from aggregator.places.cameras import CameraPlace
from aggregator.reports.rulebook import Log, RulebookStore


class Seals(Protocol):
    """Seals texts, each bound to a row."""

    def seal(self, row: str, address: str) -> bytes:
        """Encrypt."""

    def open(self, row: str, sealed: bytes) -> str:
        """Decrypt."""


class Places(Protocol):
    """The registry of places."""

    def within(self, roots: frozenset[str] | None) -> frozenset[str] | None:
        """Areas and all below them."""

    def agency_for(self, category: str, area: str) -> str:
        """The agency of a case; empty when no route leads anywhere."""

    def path(self, area: str) -> tuple[str, ...]:
        """An area and those above it, nearest first; empty when there is none."""

    def cameras_seeing(self, lat: float, lon: float, slack_m: float = 0.0) -> list[CameraPlace]:
        """Cameras whose view covers a point of the map."""


@dataclass(frozen=True, slots=True)
class Around:
    """The surroundings; `clock` gives aware UTC, `agency_name` None for an agency that is not there."""

    engine: Engine
    rules: RulebookStore
    places: Places
    agency_name: Callable[[str], str | None]
    seals: Seals
    log: Log
    clock: Callable[[], datetime]

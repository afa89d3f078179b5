"""Areas as dated records, and the tree that they make on a day. Pure.

Invariants: an area's record is never rewritten when areas merge; it ends, and names its successor, so that
what belonged to it is found in the successor from that day on and in itself before. Official codes are given
out again (82 was Tiền Giang and is Đồng Tháp), so an id is not a code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

MOST_STEPS: Final = 32
"""Of parents, and of successors: more is a circle."""


class AreaKind(StrEnum):
    """What an area is; the first five are the state's, `duty` is an area that an agency draws itself."""

    PROVINCE = "province"
    CITY = "city"
    WARD = "ward"
    COMMUNE = "commune"
    SPECIAL_ZONE = "special_zone"
    DUTY = "duty"


@dataclass(frozen=True, slots=True)
class Area:
    """One area over its life.

    Attributes:
        id: never used for another.
        code: the state's code on its days; empty for an area of duty.
        kind: what it is.
        name: in Vietnamese, without the word for its kind.
        parent: id of the area above; empty for none.
        valid_from: first day; None when nobody knows, long ago.
        valid_to: first day on which it is no more; None while it is.
        successor: id of the area that took it in; empty for none.
    """

    id: str
    code: str
    kind: AreaKind
    name: str
    parent: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str = ""

    def is_valid(self, at: date) -> bool:
        """Whether it exists on this day."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_to is None or at < self.valid_to
        )


class AreaTree:
    """All areas, of all days."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._areas: Mapping[str, Area] = {area.id: area for area in areas}
        self._below: dict[str, list[Area]] = {}
        for area in self._areas.values():
            self._below.setdefault(area.parent, []).append(area)

    def get(self, area_id: str) -> Area | None:
        """The area with this id."""
        return self._areas.get(area_id)

    def all(self) -> tuple[Area, ...]:
        """Every area of every day, by id."""
        return tuple(self._areas[area_id] for area_id in sorted(self._areas))

    def resolve(self, area_id: str, at: date) -> str:
        """The area that this one has become by a day; itself while it exists, empty when it left no heir."""
        for _ in range(MOST_STEPS):
            area = self._areas.get(area_id)
            if area is None:
                return ""
            if area.valid_to is None or at < area.valid_to:
                return area_id
            area_id = area.successor
        return ""

    def path(self, area_id: str, at: date) -> tuple[str, ...]:
        """The area as it is on a day, and those above it, nearest first."""
        found: list[str] = []
        area_id = self.resolve(area_id, at)
        while area_id and area_id not in found and len(found) < MOST_STEPS:
            found.append(area_id)
            area = self._areas.get(area_id)
            area_id = self.resolve(area.parent, at) if area else ""
        return tuple(found)

    def within(self, roots: Iterable[str], at: date) -> frozenset[str]:
        """Ids of these areas, of all below them on a day, and of all that went into any of them before.

        Those that are gone are in it so that what was stored under an old id is still found.
        """
        found: set[str] = set()
        waiting = [self.resolve(root, at) for root in roots]
        heirs = self._went_into()
        while waiting:
            area_id = waiting.pop()
            if not area_id or area_id in found:
                continue
            found.add(area_id)
            waiting += [area.id for area in self._below.get(area_id, ()) if area.is_valid(at)]
            waiting += heirs.get(area_id, ())
        return frozenset(found)

    def _went_into(self) -> dict[str, list[str]]:
        heirs: dict[str, list[str]] = {}
        for area in self._areas.values():
            if area.successor:
                heirs.setdefault(area.successor, []).append(area.id)
        return heirs


def problems_of(areas: Iterable[Area]) -> list[str]:
    """What is wrong with a list of areas, in words; empty when it can be taken."""
    by_id: dict[str, Area] = {}
    found = []
    for area in areas:
        if area.id in by_id:
            found.append(f"area {area.id}: is there twice: keep one")
        by_id[area.id] = area
        if area.valid_from and area.valid_to and area.valid_to <= area.valid_from:
            found.append(f"area {area.id}: ends on {area.valid_to} before it begins: mend the dates")
    for area in by_id.values():
        for word, other in (("parent", area.parent), ("successor", area.successor)):
            if other and other not in by_id:
                found.append(f"area {area.id}: its {word} {other!r} is not there: add it, or leave it out")
        if area.successor and area.valid_to is None:
            found.append(f"area {area.id}: has a successor and no end: give valid_to")
        if _circles(area, by_id):
            found.append(f"area {area.id}: is above or after itself: mend parent and successor")
    return found


def _circles(area: Area, by_id: Mapping[str, Area]) -> bool:
    for link in ("parent", "successor"):
        seen = {area.id}
        now: Area | None = area
        while now is not None and (following := getattr(now, link)):
            if following in seen:
                return True
            seen.add(following)
            now = by_id.get(following)
    return False

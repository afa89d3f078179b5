"""Which agency a case belongs to: category × area × day → agency. Pure.

The nearest route counts: one of the area itself before one of the areas above it; in one area a route of the
category before a route of every category (`*`). Routes are dated, so that an old case keeps its agency.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

EVERY: Final = "*"


@dataclass(frozen=True, slots=True)
class Route:
    """Cases of one category in one area go to one agency, from a day on.

    Attributes:
        id: of the route.
        category: of the case, or `*` for every category.
        area: id of the area; empty for everywhere.
        agency: id of the agency.
        valid_from: first day.
        valid_to: first day on which it no longer holds; None while it does.
    """

    id: str
    category: str
    area: str
    agency: str
    valid_from: date
    valid_to: date | None = None

    def holds(self, at: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


def agency_for(routes: Iterable[Route], category: str, path: Sequence[str], at: date) -> str:
    """The agency of a case; empty when no route leads anywhere.

    Args:
        routes: every route.
        category: of the case.
        path: its area and those above it, nearest first.
        at: the day.
    """
    holding = {(route.area, route.category): route.agency for route in routes if route.holds(at)}
    for area in (*path, ""):
        for each in (category, EVERY):
            if agency := holding.get((area, each)):
                return agency
    return ""

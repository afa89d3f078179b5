"""Kinds of sites: a site's id is its kind, a dash and a name (`traffic-001`, `health-hoa-binh`).

Neighbours: dashboards choose their sites by this prefix, so that no list of sites stands in them.
"""

from enum import StrEnum
from typing import Final


class SiteKind(StrEnum):
    """What a place is for."""

    TRAFFIC = "traffic"
    ORDER = "order"
    HEALTH = "health"
    EDUCATION = "education"
    TOURISM = "tourism"
    COUNTER = "counter"
    AIR = "air"
    WATER = "water"


_BY_PREFIX: Final = {kind.value: kind for kind in SiteKind}


def site_id(kind: SiteKind, name: str) -> str:
    """Id of the site `name` of that kind."""
    return f"{kind.value}-{name}"


def kind_of(site: str) -> SiteKind | None:
    """Kind of a site by its id; None when the id names none."""
    return _BY_PREFIX.get(site.partition("-")[0])

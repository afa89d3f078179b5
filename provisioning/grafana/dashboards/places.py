"""Places with people: visitors and crowding by kind of site; queue and wait at public-service counters."""

from typing import Final

from fleet.wire.site_kinds import SiteKind
from provisioning.grafana import thresholds as at
from provisioning.grafana import variables
from provisioning.grafana.board import Board, Section
from provisioning.grafana.panels import PanelBuilder, Panels, Size, Subject
from provisioning.grafana.targets import STEP, Condition, Function, Query, Select, TagChosen, TagStarts
from provisioning.grafana.variables import Variable
from provisioning.grafana.words import Words

_HERE: Final = TagChosen("site", "site")
_KINDS: Final = (SiteKind.HEALTH, SiteKind.EDUCATION, SiteKind.TOURISM, SiteKind.COUNTER)
_VISITED: Final = (SiteKind.HEALTH, SiteKind.EDUCATION, SiteKind.TOURISM)
_MEAN_AND_MAX: Final[tuple[Function, ...]] = ("mean", "max")
"""Of all chosen sites: a hundred curves tell nothing; the tables beside say which site it is."""


def _variables(words: Words) -> tuple[Variable, ...]:
    return variables.sites(words, _KINDS, "flow"), variables.step(words)


def _sections(panels: Panels) -> tuple[Section, ...]:
    visited = tuple(
        Section(
            f"section_{kind.value}",
            (
                _visitors(panels, kind),
                _inside(panels, kind),
                _crowding(panels, kind),
                _by_site(panels, kind),
            ),
        )
        for kind in _VISITED
    )
    return _counters(panels), *visited


def _of(kind: SiteKind) -> tuple[Condition, ...]:
    return TagStarts("site", (f"{kind.value}-",)), _HERE


def _visitors(panels: Panels, kind: SiteKind) -> PanelBuilder:
    query = Query("visitors_in", (Select("sum"),), _of(kind), bucket=STEP, alias="person", fill="0")
    return panels.bars(Subject(f"visitors_{kind.value}", (query,)), Size(7, 8))


def _inside(panels: Panels, kind: SiteKind) -> PanelBuilder:
    queries = tuple(
        Query("visitors_inside", (Select(each),), _of(kind), alias=each) for each in _MEAN_AND_MAX
    )
    return panels.curves(Subject("visitors_inside", queries, at.CROWD), Size(6, 8))


def _by_site(panels: Panels, kind: SiteKind) -> PanelBuilder:
    query = Query("visitors_in", (Select("sum"),), _of(kind), bucket=None, by=("site",), table=True)
    return panels.rows(Subject("visitors_by_site", (query,)), Size(5, 8))


def _crowding(panels: Panels, kind: SiteKind) -> PanelBuilder:
    query = Query("occupancy_max", (Select("max"),), _of(kind), alias="max")
    return panels.curves(Subject(f"crowding_{kind.value}", (query,), at.CROWD), Size(6, 8), zones=True)


def _counters(panels: Panels) -> Section:
    here = _of(SiteKind.COUNTER)
    queue = tuple(Query("queue_people", (Select(each),), here, alias=each) for each in _MEAN_AND_MAX)
    wait = tuple(Query("wait_time", (Select(each),), here, alias=each) for each in _MEAN_AND_MAX)
    longest = Query("wait_time", (Select("max"),), here, bucket=None, by=("site", "zone_or_line"), table=True)
    return Section(
        "section_counter",
        (
            panels.curves(Subject("queue_people", queue, at.QUEUE), Size(9, 9), zones=True),
            panels.curves(Subject("wait_time", wait, at.WAIT_S), Size(9, 9), zones=True),
            panels.rows(Subject("longest_wait", (longest,), at.WAIT_S), Size(6, 9)),
        ),
    )


PLACES: Final = Board("places", "/console", _variables, _sections)

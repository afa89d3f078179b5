"""Traffic: flow, speed, congestion, queues; possible violations by kind, place and hour."""

from typing import Final

from fleet.wire.site_kinds import SiteKind
from provisioning.grafana import thresholds as at
from provisioning.grafana import variables
from provisioning.grafana.board import Board, Section
from provisioning.grafana.panels import Panels, Size, Subject
from provisioning.grafana.targets import STEP, Query, Select, TagChosen, TagIn, extremes
from provisioning.grafana.variables import Variable
from provisioning.grafana.vocabulary import CONGESTION_LABELS, VEHICLES, VIOLATIONS
from provisioning.grafana.words import Words

_HERE: Final = TagChosen("site", "site")
_VEHICLES: Final = (_HERE, TagIn("class", VEHICLES))
_VIOLATIONS: Final = (_HERE, TagIn("kind", VIOLATIONS))
_COUNT: Final = (Select("sum", "count"),)


def _variables(words: Words) -> tuple[Variable, ...]:
    return variables.sites(words, (SiteKind.TRAFFIC,), "flow"), variables.step(words)


def _sections(panels: Panels) -> tuple[Section, ...]:
    return _flow(panels), _roads(panels), _violations(panels)


def _flow(panels: Panels) -> Section:
    by_class = Query(
        "flow", (Select("sum"),), _VEHICLES, bucket=STEP, by=("class",), alias="$tag_class", fill="0"
    )
    total = Query("flow", (Select("sum"),), _VEHICLES, bucket=None, by=("class",), alias="$tag_class")
    by_site = Query("flow", (Select("sum"),), _VEHICLES, bucket=None, by=("site",), table=True)
    return Section(
        "section_flow",
        (
            panels.bars(Subject("flow_by_class", (by_class,)), Size(12, 9)),
            panels.ranking(Subject("flow_total", (total,)), Size(6, 9)),
            panels.rows(Subject("flow_by_site", (by_site,)), Size(6, 9)),
        ),
    )


def _roads(panels: Panels) -> Section:
    speed = extremes("speed", (_HERE,))
    slowest = Query("speed", (Select("mean"),), (_HERE,), bucket=None, by=("site",), table=True)
    level = Query("congestion", (Select("max"),), (_HERE,), alias="max", fill="none")
    jammed = Query("congestion", (Select("mean"),), (_HERE,), bucket=None, by=("site",), table=True)
    queue = extremes("queue_length", (_HERE,), ("max", "mean"))
    return Section(
        "section_roads",
        (
            panels.states(
                Subject("congestion", (level,), at.CONGESTION, most=3), Size(24, 4), CONGESTION_LABELS
            ),
            panels.curves(Subject("speed", speed, at.SPEED_KMH), Size(7, 8), zones=True),
            panels.rows(Subject("speed_by_site", (slowest,), at.SPEED_KMH), Size(5, 8), least_first=True),
            panels.curves(Subject("queue_length", queue, at.ROAD_QUEUE_M), Size(7, 8), zones=True),
            panels.rows(Subject("congestion_by_site", (jammed,), at.CONGESTION, most=3), Size(5, 8)),
        ),
    )


def _violations(panels: Panels) -> Section:
    by_kind = Query("events", _COUNT, _VIOLATIONS, bucket=None, by=("kind",), alias="$tag_kind")
    by_place = Query("events", _COUNT, _VIOLATIONS, bucket=None, by=("site", "kind"), table=True)
    by_hour = Query("events", _COUNT, _VIOLATIONS, bucket="1h", by=("kind",), alias="$tag_kind", fill="0")
    return Section(
        "section_violations",
        (
            panels.bars(Subject("violations_by_hour", (by_hour,)), Size(12, 10)),
            panels.ranking(Subject("violations_by_kind", (by_kind,), at.PLAIN), Size(6, 10)),
            panels.rows(Subject("violations_by_place", (by_place,), at.PLAIN), Size(6, 10)),
        ),
    )


TRAFFIC: Final = Board("traffic", "/console", _variables, _sections)

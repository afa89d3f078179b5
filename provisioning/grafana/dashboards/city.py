"""City overview: the stage banner, open alarms, and a line or two of each field of work."""

from typing import Final

from provisioning.grafana import thresholds as at
from provisioning.grafana import variables
from provisioning.grafana.board import Board, Section
from provisioning.grafana.panels import Panels, Size, Subject
from provisioning.grafana.targets import STEP, Query, Select, TagIn, extremes
from provisioning.grafana.variables import Variable
from provisioning.grafana.vocabulary import DISORDER, STAGE_LABELS, VEHICLES, VIOLATIONS
from provisioning.grafana.words import Words

_COUNT: Final = (Select("sum", "count"),)
_SUM: Final = (Select("sum"),)
_MAX: Final = (Select("max"),)
_LAST: Final = (Select("last"),)


def _variables(words: Words) -> tuple[Variable, ...]:
    return (variables.step(words),)


def _sections(panels: Panels) -> tuple[Section, ...]:
    return _now(panels), _fields(panels), _air(panels)


def _now(panels: Panels) -> Section:
    stage = Query("city_stage", _LAST, bucket=None)
    alarms = Query("alarms_open", _LAST, bucket=None, by=("source",), alias="$tag_source")
    severities = Query("alarms_open", _MAX, by=("class",), alias="$tag_class", fill="none")
    online = Query("node_online", (Select("mean"),), bucket=None)
    return Section(
        "section_now",
        (
            panels.number(
                Subject("city_stage", (stage,), at.CITY_STAGE, least=1, most=5),
                Size(6, 6),
                labels=STAGE_LABELS,
            ),
            panels.number(Subject("alarms_open", (alarms,), at.ALARMS), Size(8, 6)),
            panels.curves(Subject("alarms_by_severity", (severities,), at.ALARMS), Size(6, 6)),
            panels.number(
                Subject("share_online", (online,), at.ONLINE_SHARE, "percentunit", most=1), Size(4, 6)
            ),
        ),
    )


def _fields(panels: Panels) -> Section:
    vehicles = (TagIn("class", VEHICLES),)
    flow = Query("flow", _SUM, vehicles, bucket=STEP, by=("class",), alias="$tag_class", fill="0")
    violations = Query(
        "events", _COUNT, (TagIn("kind", VIOLATIONS),), bucket=STEP, by=("kind",), alias="$tag_kind", fill="0"
    )
    disorder = Query(
        "events", _COUNT, (TagIn("kind", DISORDER),), bucket=STEP, by=("kind",), alias="$tag_kind", fill="0"
    )
    visitors = Query("flow", _SUM, (TagIn("class", ("person",)),), bucket=STEP, alias="person", fill="0")
    return Section(
        "section_fields",
        (
            panels.bars(Subject("flow_by_class", (flow,)), Size(12, 8)),
            panels.bars(Subject("violations_by_kind", (violations,)), Size(12, 8)),
            panels.bars(Subject("disorder_by_kind", (disorder,)), Size(12, 7)),
            panels.bars(Subject("people_counted", (visitors,)), Size(12, 7)),
        ),
    )


def _air(panels: Panels) -> Section:
    return Section(
        "section_environment",
        (
            panels.curves(Subject("pm25", extremes("pm25", ()), at.PM25), Size(12, 7), zones=True),
            panels.curves(Subject("water_level", extremes("water_level", ()), least=None), Size(12, 7)),
        ),
    )


CITY: Final = Board("city", "/console", _variables, _sections)

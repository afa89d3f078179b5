"""Alarms: how many are open, for how long, of what and where, and how often they are false."""

from typing import Final

from provisioning.grafana import thresholds as at
from provisioning.grafana import variables
from provisioning.grafana.board import Board, Section
from provisioning.grafana.panels import Panels, Size, Subject
from provisioning.grafana.targets import STEP, Query, Select
from provisioning.grafana.variables import Variable
from provisioning.grafana.words import Words

_LAST: Final = (Select("last"),)
_MAX: Final = (Select("max"),)


def _variables(words: Words) -> tuple[Variable, ...]:
    return (variables.step(words),)


def _sections(panels: Panels) -> tuple[Section, ...]:
    return _open(panels), _what_and_where(panels), _verdicts(panels)


def _open(panels: Panels) -> Section:
    by_work = Query("alarms_open", _LAST, bucket=None, by=("source",), alias="$tag_source")
    severities = Query("alarms_open", _MAX, by=("class",), alias="$tag_class", fill="none")
    oldest = Query("alarm_age", _LAST, bucket=None, by=("source",), alias="$tag_source")
    ages = Query("alarm_age", _MAX, by=("source",), alias="$tag_source", fill="none")
    return Section(
        "section_open_alarms",
        (
            panels.number(Subject("alarms_open", (by_work,), at.ALARMS), Size(8, 7)),
            panels.curves(Subject("alarms_by_severity", (severities,), at.ALARMS), Size(16, 7)),
            panels.number(Subject("alarm_age", (oldest,), at.ALARM_AGE_S), Size(8, 7)),
            panels.curves(Subject("alarm_age_by_work", (ages,), at.ALARM_AGE_S), Size(16, 7), zones=True),
        ),
    )


def _what_and_where(panels: Panels) -> Section:
    kinds = Query("alarms_open_kind", _LAST, bucket=None, by=("class",), alias="$tag_class")
    kinds_over_time = Query("alarms_open_kind", _MAX, by=("class",), alias="$tag_class", fill="none")
    areas = Query("alarms_open_area", _LAST, bucket=None, by=("source",), table=True)
    return Section(
        "section_what_and_where",
        (
            panels.ranking(Subject("alarms_by_kind", (kinds,), at.ALARMS), Size(8, 9)),
            panels.curves(Subject("alarms_by_kind_over_time", (kinds_over_time,), at.ALARMS), Size(9, 9)),
            panels.rows(
                Subject("alarms_by_area", (areas,), at.ALARMS), Size(7, 9), columns={"source": "area"}
            ),
        ),
    )


def _verdicts(panels: Panels) -> Section:
    judged = Query("alarms_judged", _LAST, bucket=None, by=("class",), alias="$tag_class")
    over_time = Query("alarms_judged", _LAST, bucket=STEP, by=("class",), alias="$tag_class", fill="none")
    tags = ("source", "zone_or_line", "class")
    shares = Query("alarm_false_share", _LAST, bucket=None, by=tags, table=True)
    return Section(
        "section_verdicts",
        (
            panels.number(Subject("alarms_judged", (judged,)), Size(6, 9)),
            panels.curves(Subject("alarms_judged_over_time", (over_time,)), Size(8, 9)),
            panels.rows(
                Subject("alarm_false_share", (shares,), at.FALSE_PERCENT, most=100),
                Size(10, 9),
                columns={"source": "camera", "zone_or_line": "rule"},
            ),
        ),
    )


ALARMS: Final = Board("alarms", "/console/alarms", _variables, _sections)

"""Public order: intrusion, loitering, crowds, littering, abandoned objects; how full places are."""

from typing import Final

from fleet.wire.site_kinds import SiteKind
from provisioning.grafana import thresholds as at
from provisioning.grafana import variables
from provisioning.grafana.board import Board, Section
from provisioning.grafana.panels import Panels, Size, Subject
from provisioning.grafana.targets import STEP, Query, Select, TagChosen, TagIn, TagNotStarts
from provisioning.grafana.variables import Variable
from provisioning.grafana.vocabulary import DISORDER
from provisioning.grafana.words import Words

_HERE: Final = TagChosen("site", "site")
_DISORDER: Final = (_HERE, TagIn("kind", DISORDER))
_COUNT: Final = (Select("sum", "count"),)
_OTHERS: Final = TagNotStarts(
    "site", tuple(f"{kind.value}-" for kind in (SiteKind.HEALTH, SiteKind.EDUCATION, SiteKind.COUNTER))
)
_PEOPLE: Final = (_HERE, _OTHERS, TagIn("class", ("person",)))


def _variables(words: Words) -> tuple[Variable, ...]:
    return variables.sites(words, (SiteKind.ORDER, SiteKind.TOURISM), "occupancy"), variables.step(words)


def _sections(panels: Panels) -> tuple[Section, ...]:
    over_time = Query("events", _COUNT, _DISORDER, bucket=STEP, by=("kind",), alias="$tag_kind", fill="0")
    by_kind = Query("events", _COUNT, _DISORDER, bucket=None, by=("kind",), alias="$tag_kind")
    by_place = Query("events", _COUNT, _DISORDER, bucket=None, by=("site", "kind"), table=True)
    longest = Query(
        "events",
        (Select("max", "duration_s"),),
        (_HERE, TagIn("kind", ("loitered",))),
        bucket=None,
        by=("site", "zone_or_line"),
        table=True,
    )
    fullest = Query("occupancy_max", (Select("max"),), _PEOPLE, alias="max")
    mean = Query("occupancy", (Select("mean"),), _PEOPLE, alias="mean")
    by_site = Query("occupancy_max", (Select("max"),), _PEOPLE, bucket=None, by=("site",), table=True)
    return (
        Section(
            "section_disorder",
            (
                panels.bars(Subject("disorder_by_kind", (over_time,)), Size(12, 9)),
                panels.ranking(Subject("disorder_total", (by_kind,)), Size(6, 9)),
                panels.rows(Subject("disorder_by_place", (by_place,)), Size(6, 9)),
            ),
        ),
        Section(
            "section_crowds",
            (
                panels.curves(Subject("crowding", (fullest,), at.CROWD), Size(7, 9), zones=True),
                panels.curves(Subject("occupancy", (mean,), at.CROWD), Size(7, 9)),
                panels.rows(Subject("fullest_by_site", (by_site,), at.CROWD), Size(5, 9)),
                panels.rows(Subject("longest_loitering", (longest,), unit="s"), Size(5, 9)),
            ),
        ),
    )


ORDER: Final = Board("order", "/console", _variables, _sections)

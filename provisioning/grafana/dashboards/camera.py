"""One camera: what it counted, how full its zones were, its events and its health."""

from typing import Final

from provisioning.grafana import thresholds as at
from provisioning.grafana import variables
from provisioning.grafana.board import Board, Section
from provisioning.grafana.panels import Panels, Size, Subject
from provisioning.grafana.targets import STEP, Query, Select, TagChosen, TagIn
from provisioning.grafana.variables import Variable
from provisioning.grafana.vocabulary import CAMERA_FAULTS
from provisioning.grafana.words import Words

_THIS: Final = (TagChosen("node", "node"), TagChosen("source", "camera"))
_COUNT: Final = (Select("sum", "count"),)
_CLASSES: Final = "$tag_class"


def _variables(words: Words) -> tuple[Variable, ...]:
    return variables.nodes(words, several=False), variables.cameras(words), variables.step(words)


def _sections(panels: Panels) -> tuple[Section, ...]:
    flow = Query("flow", (Select("sum"),), _THIS, bucket=STEP, by=("class",), alias=_CLASSES, fill="0")
    ways = Query(
        "flow", (Select("sum"),), _THIS, bucket=None, by=("zone_or_line", "class", "direction"), table=True
    )
    full = Query("occupancy_max", (Select("max"),), _THIS, by=("zone_or_line",), alias="$tag_zone_or_line")
    events = Query("events", _COUNT, _THIS, bucket=STEP, by=("kind",), alias="$tag_kind", fill="0")
    table = Query("events", _COUNT, _THIS, bucket=None, by=("kind", "zone_or_line"), table=True)
    faults = Query(
        "events", _COUNT, (*_THIS, TagIn("kind", CAMERA_FAULTS)), bucket=None, by=("kind",), alias="$tag_kind"
    )
    fps = Query("camera_fps", (Select("mean"),), _THIS)
    share = Query("camera_share", (Select("mean"),), _THIS)
    frames = Query(
        "camera_frames", (Select("sum"),), _THIS, bucket=STEP, by=("class",), alias=_CLASSES, fill="0"
    )
    rested = Query(
        "rules_suppressed", (Select("sum"),), _THIS, bucket=STEP, by=("class",), alias=_CLASSES, fill="0"
    )
    return (
        Section(
            "section_seen",
            (
                panels.bars(Subject("flow_by_class", (flow,)), Size(12, 9)),
                panels.rows(Subject("flow_by_line", (ways,)), Size(12, 9)),
                panels.curves(Subject("fullest_zone", (full,), at.CROWD), Size(24, 8), zones=True),
            ),
        ),
        Section(
            "section_events",
            (
                panels.bars(Subject("events_by_kind", (events,)), Size(16, 8)),
                panels.rows(Subject("events_by_zone", (table,)), Size(8, 8)),
            ),
        ),
        Section(
            "section_condition",
            (
                panels.curves(Subject("camera_fps", (fps,), at.CAMERA_FPS), Size(16, 8), zones=True),
                panels.number(Subject("camera_faults", (faults,), at.ANY_IS_BAD), Size(8, 8)),
                panels.curves(Subject("camera_share", (share,), at.SHARE_PERCENT), Size(8, 8), zones=True),
                panels.bars(Subject("camera_frames", (frames,)), Size(8, 8)),
                panels.bars(Subject("rules_suppressed", (rested,)), Size(8, 8)),
            ),
        ),
    )


CAMERA: Final = Board("camera", "/console", _variables, _sections)

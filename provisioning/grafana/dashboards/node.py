"""One node: its presence, machine, outbox and cameras."""

from typing import Final

from provisioning.grafana import thresholds as at
from provisioning.grafana import variables
from provisioning.grafana.board import Board, Section
from provisioning.grafana.panels import PanelBuilder, Panels, Size, Subject
from provisioning.grafana.targets import STEP, Function, Query, Select, TagChosen
from provisioning.grafana.variables import Variable
from provisioning.grafana.vocabulary import CLOCK_LABELS, ONLINE_LABELS
from provisioning.grafana.words import Words

_THIS: Final = TagChosen("node", "node")
_THIRD: Final = Size(8, 8)


def _variables(words: Words) -> tuple[Variable, ...]:
    return variables.nodes(words, several=False), variables.step(words)


def _health(panels: Panels, measurement: str, steps: at.Steps, function: Function = "max") -> PanelBuilder:
    query = Query(measurement, (Select(function),), (_THIS,))
    return panels.curves(Subject(measurement, (query,), steps), _THIRD, zones=True)


def _sections(panels: Panels) -> tuple[Section, ...]:
    online = Query("node_online", (Select("min"),), (_THIS,), by=("node",), alias="$tag_node", fill="none")
    clock = Query("node_clock", (Select("max"),), (_THIS,), by=("node",), alias="$tag_node", fill="none")
    models = Query("node_model", (Select("last"),), (_THIS,), bucket=None, by=("class",), table=True)
    fps = Query("camera_fps", (Select("mean"),), (_THIS,), by=("source",), alias="$tag_source")
    events = Query(
        "events", (Select("sum", "count"),), (_THIS,), bucket=STEP, by=("kind",), alias="$tag_kind", fill="0"
    )
    return (
        Section(
            "section_presence",
            (
                panels.states(
                    Subject("online", (online,), at.ONLINE_SHARE, most=1), Size(9, 6), ONLINE_LABELS
                ),
                panels.states(Subject("node_clock", (clock,), at.CLOCK, most=2), Size(9, 6), CLOCK_LABELS),
                panels.rows(Subject("node_model", (models,)), Size(6, 6)),
            ),
        ),
        Section(
            "section_machine",
            (
                _health(panels, "node_cpu_temp", at.NODE_TEMP_C),
                _health(panels, "node_load", at.LOAD, "mean"),
                _health(panels, "node_mem_used", at.MEMORY_PERCENT),
                _health(panels, "node_disk_free", at.DISK_FREE_MB, "min"),
                _health(panels, "node_outbox_age", at.OUTBOX_AGE_S),
                _health(panels, "node_outbox_rows", at.PLAIN),
            ),
        ),
        Section(
            "section_cameras",
            (
                _health(panels, "inference_p95", at.INFERENCE_MS),
                panels.curves(Subject("camera_fps", (fps,), at.CAMERA_FPS), _THIRD, zones=True),
                panels.bars(Subject("events_by_kind", (events,)), _THIRD),
            ),
        ),
    )


NODE: Final = Board("node", "/console", _variables, _sections)

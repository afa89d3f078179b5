"""Fleet health: who is online, what waits in outboxes, heat, speed of inference, disks, models, clocks."""

from typing import Final

from provisioning.grafana import thresholds as at
from provisioning.grafana import variables
from provisioning.grafana.board import Board, Section, board_uid
from provisioning.grafana.panels import PanelBuilder, Panels, Size, Subject
from provisioning.grafana.targets import STEP, Function, Query, Select, TagChosen, TagIn
from provisioning.grafana.units import SHARE
from provisioning.grafana.variables import Variable
from provisioning.grafana.vocabulary import CAMERA_FAULTS, CLOCK_LABELS
from provisioning.grafana.words import Words

_THESE: Final = TagChosen("node", "node")


def _variables(words: Words) -> tuple[Variable, ...]:
    return variables.nodes(words, several=True), variables.step(words)


def _worst(
    panels: Panels, measurement: str, steps: at.Steps, *, function: Function = "max", board: str
) -> PanelBuilder:
    """A table of nodes by their worst figure; a click opens the node."""
    query = Query(measurement, (Select(function),), (_THESE,), bucket=None, by=("node",), table=True)
    return panels.rows(
        Subject(f"{measurement}_worst", (query,), steps),
        Size(6, 9),
        node_board=board,
        least_first=function == "min",
    )


def _sections(panels: Panels) -> tuple[Section, ...]:
    board = board_uid("node", panels.language)
    return _presence(panels, board), _machines(panels, board), _versions(panels, board)


def _presence(panels: Panels, board: str) -> Section:
    share = Query("node_online", (Select("mean"),), (_THESE,))
    now = Query("node_online", (Select("mean"),), (_THESE,), bucket=None)
    by_node = Query("node_online", (Select("mean"),), (_THESE,), bucket=None, by=("node",), table=True)
    waits = Query("node_outbox_age", (Select("max"),), (_THESE,), fill="none")
    return Section(
        "section_presence",
        (
            panels.number(Subject("share_online", (now,), at.ONLINE_SHARE, SHARE, most=1), Size(4, 8)),
            panels.curves(Subject("share_online", (share,), at.ONLINE_SHARE, SHARE, most=1), Size(7, 8)),
            panels.rows(
                Subject("online_by_node", (by_node,), at.ONLINE_SHARE, SHARE, most=1),
                Size(13, 8),
                node_board=board,
                least_first=True,
            ),
            panels.curves(Subject("node_outbox_age", (waits,), at.OUTBOX_AGE_S), Size(18, 9), zones=True),
            _worst(panels, "node_outbox_age", at.OUTBOX_AGE_S, board=board),
        ),
    )


def _machines(panels: Panels, board: str) -> Section:
    faults = Query(
        "events",
        (Select("sum", "count"),),
        (_THESE, TagIn("kind", CAMERA_FAULTS)),
        bucket=STEP,
        by=("kind",),
        alias="$tag_kind",
        fill="0",
    )
    return Section(
        "section_machines",
        (
            _worst(panels, "node_cpu_temp", at.NODE_TEMP_C, board=board),
            _worst(panels, "inference_p95", at.INFERENCE_MS, board=board),
            _worst(panels, "node_disk_free", at.DISK_FREE_MB, function="min", board=board),
            _worst(panels, "node_mem_used", at.MEMORY_PERCENT, board=board),
            panels.bars(Subject("camera_faults", (faults,), at.ANY_IS_BAD), Size(24, 8)),
        ),
    )


def _versions(panels: Panels, board: str) -> Section:
    models = Query("node_model", (Select("last"),), (_THESE,), bucket=None, by=("node", "class"), table=True)
    clocks = Query("node_clock", (Select("last"),), (_THESE,), bucket=None, by=("node",), table=True)
    return Section(
        "section_versions",
        (
            panels.rows(Subject("node_model", (models,)), Size(10, 10), node_board=board),
            panels.rows(
                Subject("node_clock", (clocks,), at.CLOCK, most=2),
                Size(14, 10),
                node_board=board,
                labels=CLOCK_LABELS,
            ),
        ),
    )


FLEET_HEALTH: Final = Board("fleet", "/console", _variables, _sections)

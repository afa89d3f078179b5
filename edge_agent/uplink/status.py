"""What the node says of itself on `…/state`: birth, heartbeat and will. Pure."""

from dataclasses import dataclass
from typing import Final

from fleet.wire.messages import CLOCK_UNSYNCED, CameraState, NodeState

BORN: Final = "born"
ALIVE: Final = "alive"
GONE: Final = "gone"

_NAME_MAX: Final = 64
_TEXT_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """How the node is now; `outbox_age_s` is the age of the oldest fact that waits."""

    clock: int = CLOCK_UNSYNCED
    stream: bytes = b""
    last_seq: int = 0
    agent_version: str = ""
    model: str = ""
    uptime_s: float = 0.0
    outbox_rows: int = 0
    outbox_age_s: float = 0.0
    cameras: tuple[CameraState, ...] = ()
    hardware: str = ""
    problems: tuple[str, ...] = ()


def state_of(session: int, phase: str, at_ms: int, figures: NodeFigures) -> NodeState:
    """State message of a connection; text is cut to what the wire carries."""
    return NodeState(
        session=session,
        phase=phase,
        at_ms=max(0, at_ms),
        clock=figures.clock,
        stream=figures.stream,
        last_seq=figures.last_seq,
        agent_version=figures.agent_version[:_NAME_MAX],
        model=figures.model[:_NAME_MAX],
        uptime_s=figures.uptime_s,
        outbox_rows=figures.outbox_rows,
        outbox_age_s=max(0.0, figures.outbox_age_s),
        cameras=tuple(
            CameraState(each.camera[:_NAME_MAX], each.status[:_NAME_MAX], each.fps, each.detail[:_TEXT_MAX])
            for each in figures.cameras[:_NAME_MAX]
        ),
        hardware=figures.hardware[:_NAME_MAX],
        detail="; ".join(figures.problems)[:_TEXT_MAX],
    )

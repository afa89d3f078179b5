"""Events as HTTP and the live feed show them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field


class EventView(BaseModel):
    """One event; its id is `{node}:{stream}:{seq}`."""

    id: str
    node: str
    stream: str
    seq: int
    kind: str
    alarm: Annotated[bool, Field(description="somebody should see it now")]
    rule: str
    camera: str
    zone_or_line: str
    class_: Annotated[str, Field(serialization_alias="class")]
    direction: str
    track_id: int
    score: Annotated[float, Field(description="0–1")]
    duration_s: float
    box: Annotated[
        tuple[float, float, float, float] | None, Field(description="xyxy, normalised 0–1, origin top-left")
    ]
    value: float | None
    value_error: Annotated[
        float | None, Field(description="what `value` may be off, either way; null where nobody can say")
    ]
    evidence: Annotated[list[str], Field(description="SHA-256 of each file, hex")]
    model: str
    clock: Annotated[int, Field(description="of the node: 0 synced, 1 holdover, 2 unsynced")]
    occurred_at: datetime
    received_at: datetime


class EventPage(BaseModel):
    """Events, newest first."""

    items: list[EventView]
    next_cursor: str | None

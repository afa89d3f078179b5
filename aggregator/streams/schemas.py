"""The account of each stream, and dead letters, as HTTP shows them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field


class StreamView(BaseModel):
    """What is stored and accounted for of one stream, counted when asked."""

    node: str
    stream: str
    watermark: Annotated[int, Field(description="every seq up to it is committed or accounted for")]
    ranges: Annotated[list[tuple[int, int]], Field(description="what came beyond a hole, first and last seq")]
    events_stored: Annotated[int, Field(description="rows of the relational store, by COUNT")]
    rows_stored: Annotated[int, Field(description="rows of the time-series store, by COUNT")]
    duplicated: Annotated[int, Field(description="facts that stand twice, by COUNT; must be 0")]
    skipped: Annotated[int, Field(description="facts that the node declared dropped")]
    skipped_seqs: Annotated[int, Field(description="seqs in the declared ranges")]
    dead_lettered: Annotated[int, Field(description="facts that could be numbered and not stored")]
    repeated: Annotated[int, Field(description="facts that came again and changed nothing")]
    updated_at: datetime


class StreamPage(BaseModel):
    """Streams by node and stream."""

    items: list[StreamView]
    next_cursor: str | None


class DeadLetterView(BaseModel):
    """A payload that gave no fact, or facts of it that could not be stored."""

    id: int
    topic: str
    node: str
    stream: str
    seqs: list[int]
    reason: str
    detail: str
    size: int
    times: int
    first_received_at: datetime
    received_at: datetime
    payload_base64: Annotated[str, Field(description="the bytes, cut at 4 KiB")]


class DeadLetterPage(BaseModel):
    """Dead letters, newest first."""

    items: list[DeadLetterView]
    next_cursor: str | None

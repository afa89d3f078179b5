"""Nodes as HTTP shows them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from aggregator.nodes.presence import Status, Why
from fleet.wire.topics import NODE_ID_PATTERN

MAX_REGISTERED_AT_ONCE = 5000
NodeId = Annotated[str, Field(pattern=NODE_ID_PATTERN, max_length=32, description="3–32 of a–z, 0–9 and '-'")]


class Registration(BaseModel):
    """Nodes that shall be able to speak."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[NodeId], Field(min_length=1, max_length=MAX_REGISTERED_AT_ONCE)]
    rotate: Annotated[
        bool, Field(description="Give ids that exist a new password; their old one stops working at once.")
    ] = False


class NodeAccount(BaseModel):
    """What a node connects to the broker with; the password is not shown again."""

    node: str
    broker_url: str
    user: str
    password: str
    client_id: str


class NodeAccounts(BaseModel):
    """Accounts that were made."""

    items: list[NodeAccount]


class CameraView(BaseModel):
    """One camera as its node sees it."""

    camera: str
    status: Annotated[str, Field(description="online, offline or starting")]
    fps: float
    detail: str


class NodeView(BaseModel):
    """One node: whether it is there, since when and why, and what it last said of itself."""

    node: str
    site: Annotated[str, Field(description="where it stands; empty when nobody has said")] = ""
    status: Annotated[
        Status,
        Field(description="`stale`: connected, but three heartbeats are missing; `unseen`: never spoke"),
    ]
    since: Annotated[
        datetime | None, Field(description="when the status began; of `stale`, the last sign of life")
    ]
    why: Why
    last_seen: datetime | None
    session: int
    clock: Annotated[int, Field(description="0 synced, 1 holdover, 2 unsynced")]
    cameras: list[CameraView]
    outbox_rows: Annotated[
        int, Field(description="facts that wait for our confirmation, as the node last said")
    ]
    outbox_age_s: float
    stream: str
    last_seq: Annotated[int, Field(description="highest seq that the node has given out")]
    watermark: Annotated[int, Field(description="every seq up to it is committed or accounted for")]
    agent_version: str
    model: str
    hardware: str
    uptime_s: float
    detail: str
    heartbeat_s: float
    registered_at: datetime
    revoked_at: datetime | None


class NodeCounts(BaseModel):
    """Registered nodes by status."""

    total: int
    online: int
    stale: int
    offline: int
    unseen: int


class NodePage(BaseModel):
    """Nodes by id."""

    items: list[NodeView]
    next_cursor: str | None

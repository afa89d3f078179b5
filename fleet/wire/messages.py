"""Messages on the wire (design §4b): frozen, array-like, appended to and never reordered.

Invariants: a field's position is its identity, so new fields go last and carry a default; unknown
trailing fields are ignored; limits stand in the types, so that what decodes is within bounds.
Numbers that need no more are fixed-point (`_e3`, `_e4`: thousandths, ten-thousandths), because a
float64 costs nine bytes that do not compress.
"""

from typing import Annotated, Final

import msgspec

STREAM_BYTES: Final = 8
MAX_BATCH: Final = 1000
MAX_EVIDENCE: Final = 8

Seq = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
Millis = Annotated[int, msgspec.Meta(ge=0, le=2**52)]
Stream = Annotated[bytes, msgspec.Meta(min_length=STREAM_BYTES, max_length=STREAM_BYTES)]
Name = Annotated[str, msgspec.Meta(max_length=64)]
Text = Annotated[str, msgspec.Meta(max_length=500)]
Sha256 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Clock = Annotated[int, msgspec.Meta(ge=0, le=2)]
E3 = Annotated[int, msgspec.Meta(ge=0, le=1000)]
E4 = Annotated[int, msgspec.Meta(ge=-10_000, le=20_000)]
Session = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]

CLOCK_SYNCED: Final = 0
CLOCK_HOLDOVER: Final = 1
CLOCK_UNSYNCED: Final = 2


class Event(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A fact that a rule found.

    `occurred_at_ms` is int64 ms UTC by the node's clock, whose state is `clock` (0 synced,
    1 holdover, 2 unsynced). `box_e4` is `xyxy` in ten-thousandths of width and height, `score_e3`
    in thousandths, `duration_s` in seconds. `evidence` holds the SHA-256 of its files. `value_error` is
    what `value` may be off, either way, in its unit; None where nobody can say.
    """

    seq: Seq
    occurred_at_ms: Millis
    clock: Clock
    kind: Name
    rule: Name
    camera: Name
    zone_or_line: Name = ""
    class_name: Name = ""
    track_id: Count = 0
    score_e3: E3 = 0
    direction: Name = ""
    duration_s: float = 0.0
    box_e4: tuple[E4, E4, E4, E4] | None = None
    value: float | None = None
    evidence: Annotated[tuple[Sha256, ...], msgspec.Meta(max_length=MAX_EVIDENCE)] = ()
    model: Name = ""
    value_error: float | None = None

    @property
    def score(self) -> float:
        """Score 0–1."""
        return self.score_e3 / 1000

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """Box `xyxy`, normalised 0–1, origin top-left."""
        if self.box_e4 is None:
            return None
        x1, y1, x2, y2 = self.box_e4
        return x1 / 10_000, y1 / 10_000, x2 / 10_000, y2 / 10_000


class MeasurementRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One value over a period; `name` stands in measurements.toml with its unit.

    `start_ms` is int64 ms UTC, `source` a camera or sensor, `n` the number of samples behind
    `value`, `quality` 0 good, 1 suspect, 2 estimated, 3 bad.
    """

    seq: Seq
    start_ms: Millis
    period_s: float
    name: Name
    source: Name
    zone_or_line: Name
    class_name: Name
    direction: Name
    value: float
    n: Count = 1
    quality: Annotated[int, msgspec.Meta(ge=0, le=3)] = 0


class Skipped(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The node dropped every seq of `from_seq..to_seq` that it has not sent; `count` rows went.

    Declared so that the watermark can pass the hole and the loss is counted, never silent.
    """

    from_seq: Seq
    to_seq: Seq
    reason: Name
    count: Count


class EventBatch(msgspec.Struct, array_like=True, frozen=True):
    """Facts of one stream on `…/ev`, ascending by seq."""

    stream: Stream
    events: Annotated[tuple[Event, ...], msgspec.Meta(max_length=MAX_BATCH)]
    skipped: Annotated[tuple[Skipped, ...], msgspec.Meta(max_length=MAX_BATCH)] = ()


class MeasurementBatch(msgspec.Struct, array_like=True, frozen=True):
    """Measurement rows of one stream on `…/ms`, ascending by seq."""

    stream: Stream
    rows: Annotated[tuple[MeasurementRow, ...], msgspec.Meta(max_length=MAX_BATCH)]
    skipped: Annotated[tuple[Skipped, ...], msgspec.Meta(max_length=MAX_BATCH)] = ()


class CameraState(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One camera as its node sees it; `status` is online, offline or starting."""

    camera: Name
    status: Name
    fps: float = 0.0
    detail: Text = ""


class NodeState(msgspec.Struct, array_like=True, frozen=True):
    """Birth, heartbeat and will on `…/state` (retained).

    `phase` is `born`, `alive` or `gone`; a will (`gone`) counts only for the `session` that the
    birth named, so a stale will after a reconnect is ignored. `at_ms` of a will is the time of
    the connection, as the broker sends it later unchanged. `last_seq` is the highest seq that the
    stream has given out.
    """

    session: Session
    phase: Name
    at_ms: Millis
    clock: Clock = CLOCK_UNSYNCED
    stream: Annotated[bytes, msgspec.Meta(max_length=STREAM_BYTES)] = b""
    last_seq: Count = 0
    agent_version: Name = ""
    model: Name = ""
    uptime_s: float = 0.0
    outbox_rows: Count = 0
    outbox_age_s: float = 0.0
    cameras: Annotated[tuple[CameraState, ...], msgspec.Meta(max_length=64)] = ()
    hardware: Name = ""
    detail: Text = ""


class Watermark(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`…/ack`: every seq up to and including `seq` of `stream` is committed or accounted for."""

    stream: Stream
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class HostState(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`host/state` (retained): whether an aggregator is ingesting."""

    session: Session
    online: bool
    at_ms: Millis


class ReportedConfig(msgspec.Struct, array_like=True, frozen=True):
    """`up/…/cfg` (retained): which desired version the node runs, or why not.

    `status` is `applied` or `rejected`; `digest` the SHA-256 of the configuration in force.
    """

    version: Count
    status: Name
    reason: Text = ""
    digest: bytes = b""


class JobStatus(msgspec.Struct, array_like=True, frozen=True):
    """`up/…/job`: progress of an update on the node."""

    job: Name
    step: Name
    status: Name
    detail: Text = ""


class CommandResponse(msgspec.Struct, array_like=True, frozen=True):
    """`up/…/rsp`: the answer to one command, small; files go by HTTP."""

    command: Name
    status: Name
    detail: Text = ""
    body: Annotated[bytes, msgspec.Meta(max_length=65_536)] = b""


class Signed(msgspec.Struct, array_like=True, frozen=True):
    """Everything under `dn` except `ack`: a payload under an Ed25519 signature (see signing.py)."""

    body: Annotated[bytes, msgspec.Meta(max_length=262_144)]
    signature: Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]


Message = (
    EventBatch
    | MeasurementBatch
    | NodeState
    | Watermark
    | HostState
    | ReportedConfig
    | JobStatus
    | CommandResponse
    | Signed
)

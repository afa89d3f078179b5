"""Rules' findings → wire facts in UTC. Pure: the clock's mapping is an argument.

Facts are made on the monotonic clock, which never jumps, and get their UTC time here through one offset.
While nobody vouches for that offset they are flagged and keep their monotonic time as an anchor, so that
`restamp` can put them right once the clock is set; an anchor is good for its own boot only. Whatever a scene
file or a driver may hand over, a sealed fact is within the wire's limits: one bad name would otherwise get
a whole batch refused.
"""

import math
from dataclasses import dataclass

import msgspec

from edge_agent.outbox.sealed import UNNUMBERED, Fact, Sealed
from edge_agent.rules.facts import SceneEvent, SceneMeasurement, Xyxy
from fleet.wire.messages import CLOCK_SYNCED, CLOCK_UNSYNCED, Event, MeasurementRow

_NAME_MAX = 64
_MILLIS_MAX = 2**52
_E4_MIN, _E4_MAX = -10_000, 20_000
_COUNT_MAX = 2**62


@dataclass(frozen=True, slots=True)
class ClockReading:
    """How the monotonic clock maps to UTC, and how far to trust that.

    Attributes:
        offset_ms: UTC in ms minus monotonic time in ms.
        state: 0 synced, 1 holdover, 2 unsynced.
        boot: id of the running boot; monotonic times of other boots mean nothing.
    """

    offset_ms: int
    state: int
    boot: str


def seal_event(found: SceneEvent, clock: ClockReading) -> Sealed:
    """Give an event its UTC time and fixed-point fields; text is cut to what the wire carries."""
    at_ms = round(found.at_s * 1000)
    event = Event(
        seq=UNNUMBERED,
        occurred_at_ms=_utc_ms(at_ms, clock),
        clock=clock.state,
        kind=_name(found.kind),
        rule=_name(found.rule),
        camera=_name(found.camera),
        zone_or_line=_name(found.zone_or_line),
        class_name=_name(found.class_name),
        track_id=min(max(found.track_id, 0), _COUNT_MAX),
        score_e3=_clamped(found.score, 1000, 0, 1000),
        direction=_name(found.direction),
        duration_s=found.duration_s if math.isfinite(found.duration_s) else 0.0,
        box_e4=_box(found.xyxy),
        value=found.value if found.value is not None and math.isfinite(found.value) else None,
        model=_name(found.model),
        value_error=found.error if found.error is not None and math.isfinite(found.error) else None,
    )
    return _anchored(event, at_ms, clock)


def seal_measurement(found: SceneMeasurement, clock: ClockReading) -> Sealed | None:
    """Give a measurement its UTC time; None when its value is no number and so says nothing."""
    if not (math.isfinite(found.value) and math.isfinite(found.period_s)):
        return None
    start_ms = round(found.start_s * 1000)
    row = MeasurementRow(
        seq=UNNUMBERED,
        start_ms=_utc_ms(start_ms, clock),
        period_s=found.period_s,
        name=_name(found.name),
        source=_name(found.source),
        zone_or_line=_name(found.zone_or_line),
        class_name=_name(found.class_name),
        direction=_name(found.direction),
        value=found.value,
        n=min(max(found.n, 0), _COUNT_MAX),
        quality=min(max(found.quality, 0), 3),
    )
    return _anchored(row, start_ms, clock)


def restamp(fact: Fact, anchor_ms: int, clock: ClockReading) -> Fact:
    """Put a fact's time right by a clock that is now trusted; `anchor_ms` is of the clock's boot."""
    at_ms = _utc_ms(anchor_ms, clock)
    if isinstance(fact, Event):
        return msgspec.structs.replace(fact, occurred_at_ms=at_ms, clock=clock.state)
    return msgspec.structs.replace(fact, start_ms=at_ms)


def is_trusted(clock: ClockReading) -> bool:
    """Whether facts sealed by this reading need no second stamp."""
    return clock.state != CLOCK_UNSYNCED


def is_synced(clock: ClockReading) -> bool:
    """Whether this reading may correct facts that were sealed without trust."""
    return clock.state == CLOCK_SYNCED


def _anchored(fact: Fact, at_ms: int, clock: ClockReading) -> Sealed:
    return Sealed(fact) if is_trusted(clock) else Sealed(fact, at_ms, clock.boot)


def _utc_ms(monotonic_ms: int, clock: ClockReading) -> int:
    return min(max(monotonic_ms + clock.offset_ms, 0), _MILLIS_MAX)


def _name(text: str) -> str:
    return text[:_NAME_MAX]


def _clamped(value: float, scale: int, low: int, high: int) -> int:
    return min(max(round(value * scale), low), high) if math.isfinite(value) else low


def _box(xyxy: Xyxy | None) -> tuple[int, int, int, int] | None:
    if xyxy is None or not all(map(math.isfinite, xyxy)):
        return None
    x1, y1, x2, y2 = (_clamped(edge, 10_000, _E4_MIN, _E4_MAX) for edge in xyxy)
    return x1, y1, x2, y2

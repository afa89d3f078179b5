"""A believable year of a city, made again exactly by its seed, one period and node at a time (pure).

Invariants: facts come in order of time and memory stays what one period of one node needs; a node that
is offline sends nothing, and a silent sensor gives no row, never a zero; rows and events of a node have a
stream each, whose seqs have no hole.

Resolution: a real node sends a row a minute. Here the year has a row an hour, as many as the hourly roll-up
of a real year holds (health of machines: every six hours), and the last day a row a minute (health: every
five), so that both widths of a dashboard meet as many rows as they would.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fleet.simulator.year_city import Curve, Happening, Series, SimulatedNode, city_of
from fleet.simulator.year_rhythm import Rhythm, storms_of
from fleet.simulator.year_server import certificate_days, server_figures
from fleet.wire.messages import Event, MeasurementRow

LOCAL: Final = timedelta(hours=7)
_HEALTH_EVERY: Final = 6
_HEALTH_EVERY_RECENT: Final = 5
_OUTAGE_RATE: Final = 1 / (24 * 25)
_HOUR_S: Final = 3600
_NOISE: Final = 8191
_ANSWERS: Final = "aggregator"
_CITY_STREAM: Final = b"the-city"
_MODEL: Final = "ssdlite_mobilenet_v2_coco/int8"
_SEVERITIES: Final = (("critical", 0.4), ("high", 2.0), ("medium", 5.0), ("low", 9.0))
_DOMAINS: Final = (
    ("traffic", Curve.TRAFFIC),
    ("order", Curve.EVENING),
    ("environment", Curve.RAIN),
    ("fleet", Curve.FLAT),
)


@dataclass(frozen=True, slots=True)
class YearPlan:
    """A city of `cameras` for `days` up to `end` (aware UTC); the last `recent_h` hours in fine steps."""

    end: datetime
    cameras: int = 126
    days: int = 365
    seed: int = 1
    step_s: int = 3600
    recent_h: int = 24
    recent_step_s: int = 60


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What one node sent at one time; streams are 8 bytes each."""

    node: str
    site: str
    row_stream: bytes
    rows: tuple[MeasurementRow, ...]
    event_stream: bytes
    events: tuple[Event, ...]


@dataclass(slots=True)
class _Memory:
    """What must be remembered of a node: the next seqs, and until when it is offline."""

    node: SimulatedNode
    row_stream: bytes
    event_stream: bytes
    presence_stream: bytes
    next_row: int = 1
    next_presence: int = 1
    next_event: int = 1
    offline_until_ms: int = 0
    offline_since_ms: int = 0


@dataclass(frozen=True, slots=True)
class _Period:
    """One step of time, shared by every node."""

    start_ms: int
    length_s: int
    curves: tuple[float, ...]
    storm: float
    with_health: bool


class Year:
    """The facts of a plan; iterate once."""

    def __init__(self, plan: YearPlan) -> None:
        self._plan = plan
        self._rng = random.Random(plan.seed)  # noqa: S311  a seed, not a secret
        self._noise = tuple(self._rng.uniform(-1, 1) for _ in range(_NOISE))
        self._next_noise = 0
        first = (plan.end - timedelta(days=plan.days) + LOCAL).date()
        self._rhythm = Rhythm(storms_of(first, (plan.end + LOCAL).date(), self._rng))
        self._memories = [
            _Memory(node, node.stream("rows"), node.stream("events"), node.stream("presence"))
            for node in city_of(plan.cameras, plan.seed)
        ]
        self._city_seq = 1

    def __iter__(self) -> Iterator[NodeFacts]:
        """Facts in order of time, node by node."""
        for period in self._periods():
            for memory in self._memories:
                facts = self._of_node(memory, period)
                if facts is not None:
                    yield facts
                if period.with_health:
                    yield self._presence(memory, period, heard=facts is not None)
            yield self._city(period)

    def _periods(self) -> Iterator[_Period]:
        plan = self._plan
        fine = plan.end - timedelta(hours=plan.recent_h)
        yield from self._steps(plan.end - timedelta(days=plan.days), fine, plan.step_s, _HEALTH_EVERY)
        yield from self._steps(fine, plan.end, plan.recent_step_s, _HEALTH_EVERY_RECENT)

    def _steps(self, start: datetime, end: datetime, step_s: int, health_every: int) -> Iterator[_Period]:
        step = timedelta(seconds=step_s)
        for index in range(int((end - start) / step)):
            now = start + index * step
            local = (now + LOCAL).replace(tzinfo=None)
            yield _Period(
                int(now.timestamp() * 1000),
                step_s,
                self._rhythm.curves(local),
                self._rhythm.storm(local),
                index % health_every == 0,
            )

    def _of_node(self, memory: _Memory, period: _Period) -> NodeFacts | None:
        if period.start_ms < memory.offline_until_ms:
            return None
        back_after_s = (period.start_ms - memory.offline_since_ms) / 1000 if memory.offline_since_ms else 0.0
        memory.offline_since_ms = 0
        if self._rng.random() < _OUTAGE_RATE * period.length_s / _HOUR_S * (1 + 4 * period.storm):
            memory.offline_since_ms = period.start_ms
            memory.offline_until_ms = period.start_ms + int(self._rng.uniform(0.5, 8) * _HOUR_S * 1000)
            return None
        node = memory.node
        seq = memory.next_row
        rows = [self._row(seq + index, period, series) for index, series in enumerate(node.facts)]
        if period.with_health or back_after_s:
            seq += len(rows)
            rows += [self._row(seq + index, period, series) for index, series in enumerate(node.health)]
            rows += self._outbox(memory.next_row + len(rows), period, back_after_s)
        memory.next_row += len(rows)
        return NodeFacts(
            node.node,
            node.site,
            memory.row_stream,
            tuple(rows),
            memory.event_stream,
            self._events(memory, period),
        )

    def _row(self, seq: int, period: _Period, series: Series) -> MeasurementRow:
        jitter = 1 + series.jitter * self._draw()
        value = series.least + series.scale * period.curves[series.curve] * jitter
        if series.hourly:
            value *= period.length_s / _HOUR_S
        value = min(series.most, max(0.0, value))
        return MeasurementRow(
            seq,
            period.start_ms,
            float(period.length_s),
            series.name,
            series.source,
            series.zone_or_line,
            series.class_name,
            series.direction,
            float(round(value)) if series.whole else round(value, 2),
        )

    def _outbox(self, seq: int, period: _Period, back_after_s: float) -> list[MeasurementRow]:
        age = back_after_s or 1.5 + 1.4 * self._draw()
        clock = 1.0 if back_after_s else 0.0
        figures = (("node_outbox_age", age), ("node_outbox_rows", round(age * 3)), ("node_clock", clock))
        return [_health_row(seq + i, period, name, "node", value) for i, (name, value) in enumerate(figures)]

    def _events(self, memory: _Memory, period: _Period) -> tuple[Event, ...]:
        found = []
        for happening in memory.node.happenings:
            expected = happening.rate * period.curves[happening.curve] * period.length_s / _HOUR_S
            for _ in range(self._how_many(expected)):
                found.append(self._event(memory.next_event, period, happening))
                memory.next_event += 1
        return tuple(found)

    def _how_many(self, expected: float) -> int:
        whole = int(expected)
        return whole + (self._rng.random() < expected - whole)

    def _event(self, seq: int, period: _Period, happening: Happening) -> Event:
        return Event(
            seq,
            period.start_ms + self._rng.randrange(period.length_s * 1000),
            0,
            happening.kind,
            happening.rule,
            happening.camera,
            happening.zone_or_line,
            happening.class_name,
            track_id=seq % 5000,
            score_e3=700 + seq % 300,
            direction="forward",
            duration_s=happening.duration_s,
            model=_MODEL,
        )

    def _city(self, period: _Period) -> NodeFacts:
        """What the aggregator itself writes: stage, alarms, verdicts, sign-ins, the audit log."""
        rows = [_health_row(self._city_seq, period, "city_stage", "city", float(self._stage(period)))]
        for domain, curve in _DOMAINS:
            for severity, scale in _SEVERITIES:
                count = round(scale * period.curves[curve] * (1 + self._draw()) + scale * period.storm)
                seq = self._city_seq + len(rows)
                rows.append(_health_row(seq, period, "alarms_open", domain, float(count), severity))
        figures = server_figures(period.start_ms // 1000, period.length_s, period.curves, period.storm)
        for seq, each in enumerate(figures, start=self._city_seq + len(rows)):
            where = (each.name, each.source, each.zone_or_line, each.class_name, "")
            rows.append(MeasurementRow(seq, period.start_ms, float(period.length_s), *where, each.value))
        self._city_seq += len(rows)
        return NodeFacts(_ANSWERS, "", _CITY_STREAM, tuple(rows), _CITY_STREAM, ())

    def _presence(self, memory: _Memory, period: _Period, *, heard: bool) -> NodeFacts:
        """Whether the aggregator heard the node, and its certificate: facts about it, in a stream apart."""
        seq = memory.next_presence
        issued_day = int.from_bytes(memory.presence_stream[:2], "big") % 60
        days = certificate_days(period.start_ms // 1000, issued_day)
        rows = (
            _health_row(seq, period, "node_online", "presence", float(heard)),
            _health_row(seq + 1, period, "certificate_days", "presence", days),
        )
        memory.next_presence += len(rows)
        stream = memory.presence_stream
        return NodeFacts(memory.node.node, memory.node.site, stream, rows, stream, ())

    def _stage(self, period: _Period) -> int:
        usual = 2 if period.curves[Curve.CONGESTION] > 1.2 else 1  # noqa: PLR2004  busier than a usual peak
        return max(usual, min(5, 1 + round(4 * period.storm)))

    def _draw(self) -> float:
        self._next_noise = (self._next_noise + 1) % _NOISE
        return self._noise[self._next_noise]


def _health_row(
    seq: int, period: _Period, name: str, source: str, value: float, *labels: str
) -> MeasurementRow:
    return MeasurementRow(
        seq, period.start_ms, float(period.length_s), name, source, "", "".join(labels), "", round(value, 2)
    )

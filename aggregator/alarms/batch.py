"""One transaction of the projection: reads what a batch of events concerns, and stores what they do to it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta, timezone
from typing import Final, Protocol

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update

from aggregator.alarms.bulk import insert_many
from aggregator.alarms.cases import Cases, Happened
from aggregator.alarms.dedupe import Span
from aggregator.alarms.matching import Cleared, Fact, Match, Raised
from aggregator.alarms.planning import Draft, Ending, Known, Plan, Suppressed, Tally, plan
from aggregator.alarms.records import NO_ESCALATION, Record, record_of, to_json
from aggregator.alarms.rules import AlarmRule
from aggregator.alarms.states import SYSTEM, Case, Refused, Resolve, step
from aggregator.storage.instants import from_ms
from aggregator.storage.relational.alarms_tables import (
    alarm_events,
    alarm_silences,
    alarm_tallies,
    alarms,
)

_MOST_OPEN: Final = 200
_CHUNK: Final = 400
_LOCAL: Final = timezone(timedelta(hours=7))
_times: Final = msgspec.json.Decoder(tuple[int, ...])
_GROWING: Final = ("count", "first_at_ms", "last_at_ms", "last_event", "ended_at_ms", "updated_ms")


class CameraPlace(Protocol):
    """Where a camera stands."""

    @property
    def site(self) -> str: ...  # noqa: D102  the names say it
    @property
    def area(self) -> str: ...  # noqa: D102
    @property
    def lat(self) -> float | None: ...  # noqa: D102
    @property
    def lon(self) -> float | None: ...  # noqa: D102


class Places(Protocol):
    """What alarms ask of the registry of places."""

    def site_of_camera(self, node: str, camera: str) -> CameraPlace:
        """Where a camera stands."""

    def within(self, roots: frozenset[str] | None, at: date | None = None) -> frozenset[str] | None:
        """Areas and all below them."""

    def agency_for(self, category: str, area: str, at: date | None = None) -> str:
        """Whose an alarm of a field of work is."""


class Batch:
    """The steps of one transaction; the cursor's row is locked."""

    def __init__(self, connection: Connection, places: Places, now_ms: int) -> None:
        self._connection = connection
        self._places = places
        self._now_ms = now_ms
        self._cases = Cases(connection, now_ms)
        self._records: dict[str, Record] = {}

    def take(self, matches: list[Match], new_id: Callable[[], str]) -> tuple[Record, ...]:
        """Store what they do."""
        made = plan(matches, self._known(matches), self._tallied(matches), new_id)
        changed = self._begin(made) + self._grow(made)
        self._count_suppressed(made.suppressed)
        self._keep_tallies(made)
        return tuple(changed)

    def _known(self, matches: list[Match]) -> list[Known]:
        """Lock and read the alarms that any of these could join or end."""
        raised = [match for match in matches if isinstance(match, Raised)]
        window_ms = max((round(match.rule.window_s * 1000) for match in raised), default=0)
        at_ms = [match.fact.at_ms for match in raised]
        wanted: set[str] = set()
        for keys in _chunks({match.key for match in raised}):
            wanted.update(
                self._connection.execute(
                    select(alarms.c.id).where(
                        alarms.c.key.in_(keys),
                        alarms.c.last_at_ms >= min(at_ms) - window_ms,
                        alarms.c.first_at_ms <= max(at_ms) + window_ms,
                    )
                ).scalars()
            )
        clearing = {key for match in matches if isinstance(match, Cleared) for key, _ in match.rules}
        for keys in _chunks(clearing):
            query = select(alarms.c.id).where(alarms.c.key.in_(keys), alarms.c.closed_ms.is_(None))
            newest = query.order_by(alarms.c.last_at_ms.desc()).limit(_MOST_OPEN)
            wanted.update(self._connection.execute(newest).scalars())
        for ids in _chunks(wanted):
            locked = select(alarms).where(alarms.c.id.in_(ids)).order_by(alarms.c.id).with_for_update()
            self._records.update((row.id, record_of(row)) for row in self._connection.execute(locked))
        return [
            Known(
                record.id,
                record.key,
                Span(record.first_at_ms, record.last_at_ms, record.case.closed_ms),
                record.count,
            )
            for record in self._records.values()
        ]

    def _tallied(self, matches: list[Match]) -> dict[str, tuple[int, ...]]:
        counted = {
            match.key for match in matches if isinstance(match, Raised) and match.rule.threshold.events > 1
        }
        found: dict[str, tuple[int, ...]] = {}
        for keys in _chunks(counted):
            query = select(alarm_tallies.c.key, alarm_tallies.c.times).where(alarm_tallies.c.key.in_(keys))
            found.update((row.key, _times.decode(row.times)) for row in self._connection.execute(query))
        return found

    def _begin(self, made: Plan) -> list[Record]:
        records = [self._new_record(draft, draft.rule) for draft in made.begun if draft.rule is not None]
        begun = self._cases.begin(records, {})
        self._keep_events(made.begun)
        by_id = {record.id: record for record in begun}
        for draft in made.begun:
            if draft.ending is not None:
                by_id[draft.id] = self._end(by_id[draft.id], draft.ending)
        return list(by_id.values())

    def _new_record(self, draft: Draft, rule: AlarmRule) -> Record:
        fact = draft.facts[0]
        day = from_ms(fact.at_ms).astimezone(_LOCAL).date()
        is_late = draft.opened_ms - draft.span.last_ms > round(rule.late_s * 1000)
        return Record(
            id=draft.id,
            kind=fact.kind,
            severity=rule.severity,
            work=rule.work,
            rule=rule.id,
            key=draft.key,
            node=fact.node,
            camera=fact.camera,
            zone_or_line=fact.zone_or_line,
            class_name=fact.class_name,
            scene_rule=fact.rule,
            site=fact.site,
            area=fact.area,
            agency=self._places.agency_for(rule.work.value, fact.area, day),
            lat=fact.lat,
            lon=fact.lon,
            first_event=_public_id(fact),
            last_event=_public_id(draft.last or fact),
            count=draft.added,
            first_at_ms=draft.span.first_ms,
            last_at_ms=draft.span.last_ms,
            ended_at_ms=None if draft.ending is None else draft.ending.fact.at_ms,
            is_late=is_late,
            opened_at_ms=draft.opened_ms,
            case=Case(from_ms=draft.opened_ms, unacknowledged_ms=draft.opened_ms),
            escalation=NO_ESCALATION if is_late else rule.escalation,
            told=0,
            due_ms=None,
            updated_ms=self._now_ms,
        )

    def _grow(self, made: Plan) -> list[Record]:
        grown = [self._grown(draft, self._records[draft.id]) for draft in made.grown]
        if not grown:
            return []
        self._connection.execute(
            update(alarms)
            .where(alarms.c.id == bindparam("of_id"))
            .values({name: bindparam(f"new_{name}") for name in _GROWING}),
            [
                {"of_id": record.id} | {f"new_{name}": getattr(record, name) for name in _GROWING}
                for record in grown
            ],
        )
        self._keep_events(made.grown)
        return [
            record if draft.ending is None else self._end(record, draft.ending)
            for draft, record in zip(made.grown, grown, strict=True)
        ]

    def _grown(self, draft: Draft, record: Record) -> Record:
        ended = record.ended_at_ms
        if draft.ending is not None:
            ended = draft.ending.fact.at_ms
        elif ended is not None and draft.span.last_ms > ended:
            ended = None  # it began again
        return replace(
            record,
            count=record.count + draft.added,
            first_at_ms=draft.span.first_ms,
            last_at_ms=draft.span.last_ms,
            last_event=_public_id(draft.last) if draft.last else record.last_event,
            ended_at_ms=ended,
            updated_ms=self._now_ms,
        )

    def _end(self, record: Record, ending: Ending) -> Record:
        detail = {"event": _public_id(ending.fact), "kind": ending.fact.kind}
        if not ending.resolves:
            self._cases.note(record, Happened("ended", SYSTEM, detail))
            return record
        settled = self._cases.settle(record)
        case = step(settled.case, Resolve(verdict=None), SYSTEM, ending.fact.at_ms)
        if isinstance(case, Refused):
            return settled
        return self._cases.change(settled, case, Happened("resolved", SYSTEM, detail))

    def _keep_events(self, drafts: Iterable[Draft]) -> None:
        rows = [{"alarm": draft.id, "event": fact.id} for draft in drafts for fact in draft.facts]
        insert_many(self._connection, alarm_events, rows)

    def _count_suppressed(self, suppressed: Mapping[str, Suppressed]) -> None:
        for silence, found in suppressed.items():
            self._connection.execute(
                update(alarm_silences)
                .where(alarm_silences.c.id == silence)
                .values(suppressed=alarm_silences.c.suppressed + found.events, suppressed_at_ms=found.last_ms)
            )

    def _keep_tallies(self, made: Plan) -> None:
        if not made.tallies:
            return
        for keys in _chunks(set(made.tallies)):
            self._connection.execute(delete(alarm_tallies).where(alarm_tallies.c.key.in_(keys)))
        rows = [
            {"key": key, "times": to_json(kept.times_ms), "until_ms": kept.until_ms}
            for key, kept in made.tallies.items()
            if isinstance(kept, Tally)
        ]
        insert_many(self._connection, alarm_tallies, rows)


def _public_id(fact: Fact) -> str:
    return f"{fact.node}:{fact.stream}:{fact.seq}"


def _chunks(wanted: Iterable[str]) -> list[list[str]]:
    every = sorted(wanted)
    return [every[start : start + _CHUNK] for start in range(0, len(every), _CHUNK)]

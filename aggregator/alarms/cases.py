"""Changes alarms within one transaction: their case, their history, what is told.

Invariants: alarms are locked in the order of their ids, so that writers never wait for each other in a
circle; steps that were due before a change are made before it, at the instants at which they were due, so
that it does not matter how long ago somebody last looked; a row of history stands beside every change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, select, update

from aggregator.alarms.bulk import insert_many
from aggregator.alarms.escalation import due_by, next_due, told
from aggregator.alarms.records import Record, case_columns, columns_of, record_of, to_json
from aggregator.alarms.states import SYSTEM, Actor, Case
from aggregator.storage.relational.alarms_tables import alarm_history, alarm_notices, alarms

_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Happened:
    """A row of history; `detail` are texts."""

    action: str
    actor: Actor
    detail: Mapping[str, str]


class Cases:
    """The steps of one transaction; `now_ms` is when it takes place."""

    def __init__(self, connection: Connection, now_ms: int) -> None:
        self._connection = connection
        self.now_ms = now_ms

    def lock(self, ids: Iterable[str]) -> dict[str, Record]:
        """Lock alarms and read them; those that are not there are left out."""
        wanted = sorted(set(ids))
        found: dict[str, Record] = {}
        for start in range(0, len(wanted), _CHUNK):
            query = select(alarms).where(alarms.c.id.in_(wanted[start : start + _CHUNK]))
            rows = self._connection.execute(query.order_by(alarms.c.id).with_for_update())
            found.update((row.id, record_of(row)) for row in rows)
        return found

    def begin(self, records: Sequence[Record], detail: Mapping[str, str]) -> list[Record]:
        """Store new alarms with what is due at once; `detail` goes into their history."""
        if not records:
            return []
        settled, notices, history = [], [], []
        for record in records:
            history.append(self._history(record, Happened("opened", SYSTEM, detail), record.opened_at_ms))
            after, made = self._due(record)
            settled.append(after)
            notices += made
            history += [self._told(after, notice) for notice in made]
        insert_many(self._connection, alarms, [columns_of(record) for record in settled])
        self._write(history, notices)
        return settled

    def settle(self, record: Record) -> Record:
        """Make the steps that are due by now; the record must be locked."""
        after, notices = self._due(record)
        if after is record:
            return record
        self._connection.execute(
            update(alarms)
            .where(alarms.c.id == record.id)
            .values(told=after.told, due_ms=after.due_ms, updated_ms=after.updated_ms)
        )
        self._write([self._told(after, notice) for notice in notices], notices)
        return after

    def change(self, record: Record, case: Case, happened: Happened) -> Record:
        """Store what somebody did with a settled, locked alarm."""
        told_bits = record.told if case.round == record.case.round else 0
        changed = replace(record, case=case, told=told_bits, updated_ms=self.now_ms)
        changed = replace(changed, due_ms=changed.next_due_ms)
        self._connection.execute(
            update(alarms)
            .where(alarms.c.id == record.id)
            .values(
                **case_columns(case), told=told_bits, due_ms=changed.due_ms, updated_ms=changed.updated_ms
            )
        )
        self._write([self._history(changed, happened, self.now_ms)], [])
        return self.settle(changed)

    def note(self, record: Record, happened: Happened) -> None:
        """Write a row of history without a change of the case."""
        self._write([self._history(record, happened, self.now_ms)], [])

    def _due(self, record: Record) -> tuple[Record, list[dict[str, object]]]:
        due = due_by(record.escalation, record.clock, self.now_ms)
        clock = record.clock
        notices: list[dict[str, object]] = []
        for each in due:
            clock = told(clock, each.step)
            notices.append(
                {
                    "alarm": record.id,
                    "round": record.case.round,
                    "step": each.step,
                    "targets": to_json(record.escalation.steps[each.step].targets),
                    "due_ms": each.at_ms,
                    "made_ms": self.now_ms,
                    "try_ms": each.at_ms,
                }
            )
        following = next_due(record.escalation, clock)
        due_ms = None if following is None else following.at_ms
        if not notices and due_ms == record.due_ms:
            return record, []
        return replace(record, told=clock.told, due_ms=due_ms, updated_ms=self.now_ms), notices

    def _told(self, record: Record, notice: Mapping[str, object]) -> dict[str, object]:
        detail = {"step": str(notice["step"]), "targets": str(notice["targets"])}
        row = self._history(record, Happened("told", SYSTEM, detail), self.now_ms)
        return row | {"at_ms": notice["due_ms"]}

    def _history(self, record: Record, happened: Happened, at_ms: int) -> dict[str, object]:
        return {
            "alarm": record.id,
            "at_ms": at_ms,
            "version": record.case.version,
            "action": happened.action,
            "state": record.case.state.value,
            "actor_kind": happened.actor.kind,
            "actor_id": happened.actor.id,
            "actor_name": happened.actor.name[:128],
            "detail": to_json(dict(happened.detail)),
        }

    def _write(self, history: list[dict[str, object]], notices: list[dict[str, object]]) -> None:
        insert_many(self._connection, alarm_history, history)
        insert_many(self._connection, alarm_notices, notices)

"""Changes reports within one transaction: their case, their due times, their history.

Invariants: reports are locked in the order of their ids, so that writers never wait for each other in a
circle; a row of history stands beside every step.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection, Insert, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from aggregator.reports.records import Report, columns_of, report_of, to_json
from aggregator.reports.rulebook import Rulebook
from aggregator.reports.states import Actor, Case
from aggregator.storage.relational.reports_tables import report_history, report_subscribers, reports

_MOST_TEXT: Final = 128


@dataclass(frozen=True, slots=True)
class Happened:
    """What a row of history says beside the case; `detail` are texts."""

    action: str
    actor: Actor
    text: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


class Casebook:
    """The steps of one transaction; `now_ms` is when it takes place."""

    def __init__(self, connection: Connection, rulebook: Rulebook, now_ms: int) -> None:
        self._connection = connection
        self.rulebook = rulebook
        self.now_ms = now_ms

    def lock(self, ids: Iterable[str]) -> dict[str, Report]:
        """Lock reports and read them; those that are not there are left out."""
        query = select(reports).where(reports.c.id.in_(sorted(set(ids)))).order_by(reports.c.id)
        return {row.id: report_of(row) for row in self._connection.execute(query.with_for_update())}

    def begin(self, report: Report, happened: Happened) -> bool:
        """Store a new report; False when its id or its code is taken, and then nothing is stored."""
        due_ms, agency_due_ms = self.rulebook.due(report.case)
        stored = replace(report, due_ms=due_ms, agency_due_ms=agency_due_ms, calendar=self.rulebook.version)
        inserted = _insert_new(self._connection).values(**columns_of(stored)).returning(reports.c.id)
        if self._connection.execute(inserted).scalar_one_or_none() is None:
            return False
        self._connection.execute(insert(report_subscribers).values(subscriber=report.id, report=report.id))
        self._write(stored, happened)
        return True

    def change(self, report: Report, case: Case, happened: Happened, **columns: Any) -> Report:
        """Store a step that was taken, with `columns` of the report that change with it."""
        due_ms, agency_due_ms = self.rulebook.due(case)
        changed = replace(
            report,
            case=case,
            due_ms=due_ms,
            agency_due_ms=agency_due_ms,
            calendar=self.rulebook.version,
            updated_ms=self.now_ms,
            **columns,
        )
        values = columns_of(changed)
        del values["id"]
        self._connection.execute(update(reports).where(reports.c.id == report.id).values(**values))
        self._write(changed, happened)
        return changed

    def follow(self, merged: Report, original: str) -> None:
        """Whoever followed a report follows another from now on; what was merged into it goes along."""
        self._connection.execute(
            update(report_subscribers).where(report_subscribers.c.report == merged.id).values(report=original)
        )
        self._connection.execute(
            update(reports).where(reports.c.original == merged.id).values(original=original)
        )

    def recompute(self, report: Report) -> None:
        """Compute what is due anew, from the rulebook as it is; no step, so no history."""
        due_ms, agency_due_ms = self.rulebook.due(report.case)
        self._connection.execute(
            update(reports)
            .where(reports.c.id == report.id)
            .values(due_ms=due_ms, agency_due_ms=agency_due_ms, calendar=self.rulebook.version)
        )

    def _write(self, report: Report, happened: Happened) -> None:
        self._connection.execute(
            insert(report_history).values(
                report=report.id,
                at_ms=self.now_ms,
                version=report.case.version,
                action=happened.action,
                state=report.case.state.value,
                actor_kind=happened.actor.kind,
                actor_id=happened.actor.id,
                actor_name=happened.actor.name[:_MOST_TEXT],
                text=happened.text,
                detail=to_json(dict(happened.detail)),
            )
        )


def _insert_new(connection: Connection) -> Insert:
    if connection.dialect.name == "postgresql":
        return postgresql.insert(reports).on_conflict_do_nothing()
    return sqlite.insert(reports).on_conflict_do_nothing()

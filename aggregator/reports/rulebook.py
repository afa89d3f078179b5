"""What a city decided about its reports: categories, and days worked or off; with the version of both.

Invariants: what is in memory is at most `FRESH_S` older than the database, whoever changed it; every change
raises the version, so that due times that an older calendar gave can be found and computed anew.

Threads: any; a lock guards the one state.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select, update

from aggregator.audit.entry import AuditEntry
from aggregator.errors import CallerError, NotFoundError
from aggregator.identity.principal import Principal
from aggregator.identity.recording import entry_by
from aggregator.reports.categories import DEFAULTS, Category
from aggregator.reports.clocks import due_ms
from aggregator.reports.holidays_vn import DayOverride, working_days
from aggregator.reports.records import to_json
from aggregator.reports.states import Case
from aggregator.reports.working_days import OfficeHours, WorkingDays, day_of
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.reports_tables import report_categories, report_days, report_versions

FRESH_S: Final = 1.0
_YEARS_BACK: Final = 2
_YEARS_AHEAD: Final = 3
_categories: Final = msgspec.json.Decoder(Category)


class UnknownCategoryError(CallerError):
    """There is no such category, or none that takes new reports."""

    code = "unknown_category"
    title = "No such category"


class Log(Protocol):
    """The audit log."""

    def append(self, connection: Connection, entry: AuditEntry) -> None:
        """Write an entry in the caller's transaction."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """One state of everything that was decided."""

    version: int
    categories: Mapping[str, Category]
    overrides: tuple[DayOverride, ...]
    calendar: WorkingDays

    def category(self, id_: str) -> Category:
        """A category, active or not; raises UnknownCategoryError."""
        found = self.categories.get(id_)
        if found is None:
            raise UnknownCategoryError(
                f"there is no category {id_!r}: GET /api/v1/report-categories lists them"
            )
        return found

    def taken(self, id_: str) -> Category:
        """A category that takes new reports; raises UnknownCategoryError."""
        found = self.category(id_)
        if not found.active:
            raise UnknownCategoryError(
                f"category {id_!r} takes no new reports: GET /api/v1/report-categories lists those that do"
            )
        return found

    def due(self, case: Case) -> tuple[int | None, int | None]:
        """When the city's time and the agency's are up."""
        category = self.category(case.category)
        run = case.agency_run
        agency_ms = None if run is None else due_ms(category.handle, run, self.calendar)
        return due_ms(category.answer, case.run, self.calendar), agency_ms


class RulebookStore:
    """Reads and writes it; `clock` gives aware UTC, `monotonic` seconds."""

    def __init__(
        self,
        engine: Engine,
        log: Log,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        hours: OfficeHours | None = None,
    ) -> None:
        self._engine = engine
        self._log = log
        self._clock = clock
        self._monotonic = monotonic
        self._hours = hours
        self._lock = threading.Lock()
        self._state: tuple[Rulebook, int] | None = None
        self._checked_s = 0.0

    def current(self) -> Rulebook:
        """The present state."""
        year = day_of(to_ms(self._clock())).year
        with self._lock:
            state = self._state
            fresh = state is not None and self._monotonic() - self._checked_s < FRESH_S
            if state is not None and fresh and state[1] == year:
                return state[0]
            self._checked_s = self._monotonic()
            with reading(self._engine) as connection:
                version = connection.execute(select(report_versions.c.version)).scalar_one()
                if state is None or (state[0].version, state[1]) != (version, year):
                    self._state = state = (self._read(connection, version, year), year)
            return state[0]

    def put_category(self, who: Principal, category: Category) -> Category:
        """Add or change a category."""
        now = self._clock()
        row = {"id": category.id, "body": to_json(category), "updated_ms": to_ms(now)}
        with writing(self._engine) as connection:
            connection.execute(delete(report_categories).where(report_categories.c.id == category.id))
            connection.execute(insert(report_categories).values(**row))
            detail = {"field": category.field.value, "active": str(category.active).lower()}
            subject = f"report-category:{category.id}"
            self._changed(connection, entry_by(who, "report_category.put", subject, now, detail=detail))
        self._forget()
        return category

    def put_day(self, who: Principal, override: DayOverride) -> DayOverride:
        """Say that a day is worked, or off."""
        now = self._clock()
        day = override.day.isoformat()
        row = {"day": day, "works": override.works, "why": override.why, "set_ms": to_ms(now)}
        with writing(self._engine) as connection:
            connection.execute(delete(report_days).where(report_days.c.day == day))
            connection.execute(insert(report_days).values(**row))
            detail = {"works": str(override.works).lower(), "why": override.why}
            self._changed(connection, entry_by(who, "working_day.put", f"day:{day}", now, detail=detail))
        self._forget()
        return override

    def remove_day(self, who: Principal, day: date) -> None:
        """Leave a day to the calendar again; raises NotFoundError."""
        now = self._clock()
        with writing(self._engine) as connection:
            done = connection.execute(delete(report_days).where(report_days.c.day == day.isoformat()))
            if not done.rowcount:
                raise NotFoundError(f"nothing was decided of {day}: GET /api/v1/working-days lists the days")
            self._changed(connection, entry_by(who, "working_day.removed", f"day:{day}", now))
        self._forget()

    def _changed(self, connection: Connection, entry: AuditEntry) -> None:
        connection.execute(update(report_versions).values(version=report_versions.c.version + 1))
        self._log.append(connection, entry)

    def _forget(self) -> None:
        with self._lock:
            self._checked_s = self._monotonic() - FRESH_S

    def _read(self, connection: Connection, version: int, year: int) -> Rulebook:
        categories = {each.id: each for each in DEFAULTS}
        for body in connection.execute(select(report_categories.c.body)).scalars():
            mine = _categories.decode(body)
            categories[mine.id] = mine
        overrides = tuple(
            DayOverride(date.fromisoformat(row.day), bool(row.works), row.why)
            for row in connection.execute(select(report_days).order_by(report_days.c.day))
        )
        years = range(year - _YEARS_BACK, year + _YEARS_AHEAD + 1)
        return Rulebook(version, categories, overrides, working_days(years, overrides, self._hours))

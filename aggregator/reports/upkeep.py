"""The thread that keeps reports in step with time.

Due times follow the calendar when it changes, answered reports go to the archive, files that nobody ended go.

It only looks: what is to be done stands in the reports, so that nothing is missed while no server ran.

Threads: `report-upkeep` owns everything here; `wake` may be called by any.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from sqlalchemy import select

from aggregator.errors import AggregatorError
from aggregator.reports.around import Around
from aggregator.reports.casebook import Casebook, Happened
from aggregator.reports.states import ANSWERED, Action, Actor, By, Command, Hat, Refused, Rules, State
from aggregator.reports.workflow import step
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.reports_tables import reports

_log = logging.getLogger(__name__)
_PERIOD_S: Final = 30.0
_MOST: Final = 500
_SYSTEM: Final = By(Actor("system", "", "matthan"), frozenset({Hat.SYSTEM}))
_CLOSED: Final = (State.PUBLISHED.value, State.REJECTED.value)


class Upkeep:
    """Looks every half a minute, and when it is woken; `sweep` forgets files that nobody ended."""

    def __init__(self, around: Around, sweep: Callable[[], int], workflow: Rules | None = None) -> None:
        self._sweep = sweep
        self._engine = around.engine
        self._rules = around.rules
        self._clock = around.clock
        self._workflow = workflow or Rules()
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="report-upkeep", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way and wait for the thread."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()

    def wake(self) -> None:
        """Look now."""
        self._woken.set()

    def tick(self) -> int:
        """Do what is to be done for at most `_MOST` reports of each kind; how many. Raises StoreError."""
        return self._recompute() + self._archive() + self._sweep()

    def _recompute(self) -> int:
        rulebook = self._rules.current()
        stale = (
            select(reports.c.id)
            .where(reports.c.calendar != rulebook.version, reports.c.state.not_in(sorted(ANSWERED)))
            .order_by(reports.c.due_ms)
            .limit(_MOST)
        )
        with reading(self._engine) as connection:
            ids = list(connection.execute(stale).scalars())
        if ids:
            with writing(self._engine) as connection:
                book = Casebook(connection, rulebook, to_ms(self._clock()))
                for report in book.lock(ids).values():
                    if report.case.state not in ANSWERED:
                        book.recompute(report)
        return len(ids)

    def _archive(self) -> int:
        now_ms = to_ms(self._clock())
        over_ms = now_ms - self._workflow.reopen_ms
        old = (
            select(reports.c.id)
            .where(reports.c.state.in_(_CLOSED), reports.c.answered_ms < over_ms)
            .order_by(reports.c.answered_ms)
            .limit(_MOST)
        )
        with reading(self._engine) as connection:
            ids = list(connection.execute(old).scalars())
        if ids:
            with writing(self._engine) as connection:
                book = Casebook(connection, self._rules.current(), now_ms)
                for report in book.lock(ids).values():
                    case = step(report.case, Command(Action.ARCHIVE), _SYSTEM, now_ms, self._workflow)
                    if not isinstance(case, Refused):
                        book.change(report, case, Happened("archived", _SYSTEM.actor))
        return len(ids)

    def _run(self) -> None:
        more = False
        while not self._stopping.is_set():
            if not more:
                self._woken.wait(_PERIOD_S)
            self._woken.clear()
            if self._stopping.is_set():
                return
            try:
                more = self.tick() >= _MOST
            except AggregatorError as error:
                more = False
                _log.warning("reports wait for their upkeep: %s", error)
            except Exception:  # noqa: BLE001  the supervisor: upkeep must outlive our own bugs
                more = False
                _log.exception("upkeep of reports failed; trying again")

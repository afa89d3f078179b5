"""Does to alarms what people ask.

Invariants: a change, its row of history and its entry in the audit log are one transaction; of two who do the
same thing at once one is told that the other was faster, and who it was; what cannot be done to one of many
alarms does not keep the others from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Connection, Engine, delete, insert, select

from aggregator.alarms.cases import Cases, Happened
from aggregator.alarms.records import Record, to_json
from aggregator.alarms.repository import in_sight
from aggregator.alarms.schemas import AlarmView
from aggregator.alarms.service import no_such_alarm
from aggregator.alarms.sight import Sight
from aggregator.alarms.sop_store import sop_of
from aggregator.alarms.states import Action, Actor, Command, Refused, action_of, step
from aggregator.alarms.views import view_alarm
from aggregator.audit.entry import AuditEntry
from aggregator.errors import CallerError, ConflictError, ForbiddenError
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.identity.recording import entry_by
from aggregator.storage.instants import from_ms, to_ms
from aggregator.storage.relational.alarms_tables import alarm_checks, alarm_links, alarms
from aggregator.storage.relational.engine import writing

_DONE: Final = {
    Action.ACKNOWLEDGE: "acknowledged",
    Action.ASSIGN: "assigned",
    Action.RESOLVE: "resolved",
    Action.REOPEN: "reopened",
    Action.NOTE: "noted",
    Action.SNOOZE: "snoozed",
    Action.LINK: "linked",
    Action.CHECK: "checked",
}


class AlarmMovedOnError(ConflictError):
    """Somebody else was faster: the alarm is not as the caller saw it."""

    code = "alarm_moved_on"
    title = "Somebody else was faster"


class BadLinkError(CallerError):
    """The link leads nowhere."""

    code = "bad_link"
    title = "Link leads nowhere"


class UnknownStepError(CallerError):
    """The checklist has no such step."""

    code = "unknown_step"
    title = "No such step"


class Log(Protocol):
    """The audit log."""

    def append(self, connection: Connection, entry: AuditEntry) -> None:
        """Write an entry in the caller's transaction."""


SightOf = Callable[[Principal, Permission], Sight]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done to an alarm.

    Attributes:
        command: the step.
        detail: what the history says beside it.
        version: of the alarm as the caller saw it; None asks for none.
        link: kind and target of a link to add.
        check: step of the checklist, and whether it is done.
    """

    command: Command
    detail: Mapping[str, str]
    version: int | None = None
    link: tuple[str, str] | None = None
    check: tuple[str, bool] | None = None


class AlarmsWork:
    """The slice's use cases that change alarms; `clock` gives aware UTC, `on_changed` must not block."""

    def __init__(
        self,
        engine: Engine,
        sight: SightOf,
        log: Log,
        clock: Callable[[], datetime],
        on_changed: Callable[[Sequence[Record]], None],
    ) -> None:
        self._engine = engine
        self._sight = sight
        self._log = log
        self._clock = clock
        self._on_changed = on_changed

    def act(self, who: Principal, alarm_id: str, wish: Wish) -> AlarmView:
        """Do one thing to one alarm; raises NotFoundError, ForbiddenError, AlarmMovedOnError and others."""
        done = self.act_on_all(who, [alarm_id], wish)[0]
        if isinstance(done, CallerError):
            raise done
        return view_alarm(done)

    def act_on_all(self, who: Principal, ids: Sequence[str], wish: Wish) -> list[Record | CallerError]:
        """Do one thing to each alarm, in one transaction; results in the order of `ids`.

        What cannot be done to one of them is its result, and does not keep the others from it.
        """
        now = self._clock()
        seen, worked = self._sight(who, Permission.ALARMS_READ), self._sight(who, Permission.ALARMS_WORK)
        results: dict[str, Record | CallerError] = {}
        entries: list[AuditEntry] = []
        with writing(self._engine) as connection:
            cases = Cases(connection, to_ms(now))
            hand = _Hand(connection, cases, wish, Actor(who.kind.value, who.id, who.name), seen)
            records = cases.lock(ids)
            for alarm_id in dict.fromkeys(ids):
                record = records.get(alarm_id)
                if record is None or not seen.sees(record.area, record.agency, record.site):
                    results[alarm_id] = no_such_alarm()
                    continue
                if not worked.sees(record.area, record.agency, record.site):
                    results[alarm_id] = ForbiddenError(
                        "you may see this alarm and not work it: it takes alarms.work in its area and agency"
                    )
                    continue
                done = hand.do(record)
                results[alarm_id] = done
                if isinstance(done, Record):
                    entries.append(_entry(who, done, wish, now))
            for entry in entries:  # last, so that the log's lock is held as short as can be
                self._log.append(connection, entry)
        changed = [done for done in results.values() if isinstance(done, Record)]
        if changed:
            self._on_changed(changed)
        return [results[alarm_id] for alarm_id in ids]


class _Hand:
    """One wish of one person, within one transaction."""

    def __init__(self, connection: Connection, cases: Cases, wish: Wish, actor: Actor, seen: Sight) -> None:
        self._connection = connection
        self._cases = cases
        self._wish = wish
        self._actor = actor
        self._seen = seen

    def do(self, record: Record) -> Record | CallerError:
        """Do it to a locked alarm, or say why not."""
        wish, cases = self._wish, self._cases
        if wish.version is not None and wish.version != record.case.version:
            return _moved_on(record)
        case = step(record.case, wish.command, self._actor, cases.now_ms)
        if isinstance(case, Refused):
            return _refused(case)
        problem = self._link(record) or self._check(record)
        if problem is not None:
            return problem
        happened = Happened(_DONE[action_of(wish.command)], self._actor, wish.detail)
        return cases.change(cases.settle(record), case, happened)

    def _link(self, record: Record) -> CallerError | None:
        if self._wish.link is None:
            return None
        kind, target = self._wish.link
        if kind == "alarm":
            query = select(alarms.c.id).where(alarms.c.id == target, in_sight(self._seen))
            if target == record.id or self._connection.execute(query).one_or_none() is None:
                return BadLinkError(f"there is no other alarm {target!r}: give the id of one that you see")
        there = select(alarm_links.c.id).where(
            alarm_links.c.alarm == record.id, alarm_links.c.kind == kind, alarm_links.c.target == target
        )
        if self._connection.execute(there).one_or_none() is None:
            row = {"alarm": record.id, "kind": kind, "target": target}
            self._connection.execute(
                insert(alarm_links).values(**row, at_ms=self._cases.now_ms, actor=to_json(self._actor))
            )
        return None

    def _check(self, record: Record) -> CallerError | None:
        if self._wish.check is None:
            return None
        ticked, done = self._wish.check
        sop = sop_of(self._connection, record.kind)
        if sop is None or ticked not in {each.id for each in sop.steps}:
            return UnknownStepError(f"the checklist of {record.kind!r} has no step {ticked!r}")
        self._connection.execute(
            delete(alarm_checks).where(alarm_checks.c.alarm == record.id, alarm_checks.c.step == ticked)
        )
        if done:
            row = {"alarm": record.id, "step": ticked, "at_ms": self._cases.now_ms}
            self._connection.execute(insert(alarm_checks).values(**row, actor=to_json(self._actor)))
        return None


def _entry(who: Principal, record: Record, wish: Wish, now: datetime) -> AuditEntry:
    word = _DONE[action_of(wish.command)]
    detail = {key: text[:200] for key, text in wish.detail.items()} | {"kind": record.kind}
    return entry_by(who, f"alarm.{word}", f"alarm:{record.id}", now, area=record.area, detail=detail)


def _moved_on(record: Record) -> AlarmMovedOnError:
    by = record.case.held_by
    who = f", {by.name} was the last to take it further" if by else ""
    return AlarmMovedOnError(
        f"the alarm is {record.case.state.value}, version {record.case.version}{who}: read it again"
    )


def _refused(refused: Refused) -> AlarmMovedOnError:
    if refused.by is None or refused.at_ms is None:
        return AlarmMovedOnError(
            f"the alarm is {refused.state.value}: {refused.action.value} is not for alarms in that state"
        )
    return AlarmMovedOnError(
        f"{refused.by.name} was faster: the alarm is {refused.state.value} since "
        f"{from_ms(refused.at_ms).isoformat(timespec='seconds')}; read it again"
    )

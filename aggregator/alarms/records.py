"""An alarm as it is stored, and how its parts stand in columns."""

from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Row

from aggregator.alarms.escalation import Clock, Escalation, next_due
from aggregator.alarms.rules import Severity, Work
from aggregator.alarms.states import Actor, Assignee, Case, State
from aggregator.alarms.verdicts import Verdict

NO_ESCALATION: Final = Escalation()
_escalations: Final = msgspec.json.Decoder(Escalation)
_actors: Final = msgspec.json.Decoder(Actor)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Record:
    """One row of `alarms`; instants are int64 ms UTC."""

    id: str
    kind: str
    severity: Severity
    work: Work
    rule: str
    key: str
    node: str
    camera: str
    zone_or_line: str
    class_name: str
    scene_rule: str
    site: str
    area: str
    agency: str
    lat: float | None
    lon: float | None
    first_event: str
    last_event: str
    count: int
    first_at_ms: int
    last_at_ms: int
    ended_at_ms: int | None
    is_late: bool
    opened_at_ms: int
    case: Case
    escalation: Escalation
    told: int
    due_ms: int | None
    updated_ms: int

    @property
    def clock(self) -> Clock:
        """What its escalation depends on."""
        case = self.case
        return Clock(
            from_ms=case.from_ms,
            unacknowledged_ms=case.unacknowledged_ms,
            is_acknowledged=case.acknowledged_ms is not None,
            is_closed=case.is_closed,
            snoozed_until_ms=case.snoozed_until_ms,
            told=self.told,
        )

    @property
    def next_due_ms(self) -> int | None:
        """When its next step is due, from what it says now."""
        due = next_due(self.escalation, self.clock)
        return None if due is None else due.at_ms


def record_of(row: Row[Any]) -> Record:
    """The record in a row of `alarms`."""
    assignee = None
    if row.assignee_kind:
        assignee = Assignee(row.assignee_kind, row.assignee_id, row.assignee_name)
    case = Case(
        from_ms=row.from_ms,
        unacknowledged_ms=row.unacknowledged_ms,
        state=State(row.state),
        version=row.version,
        round=row.round,
        acknowledged_ms=row.acknowledged_ms,
        acknowledged_by=actor_of(row.acknowledged_by),
        assignee=assignee,
        assigned_ms=row.assigned_ms,
        closed_ms=row.closed_ms,
        closed_by=actor_of(row.closed_by),
        verdict=None if row.verdict is None else Verdict(row.verdict),
        snoozed_until_ms=row.snoozed_until_ms,
    )
    found = row._mapping  # noqa: SLF001  SQLAlchemy's documented way to read by name
    return Record(
        **{name: found[name] for name in _PLAIN},
        severity=Severity(row.severity),
        work=Work(row.work),
        is_late=bool(row.is_late),
        case=case,
        escalation=_escalations.decode(row.escalation),
    )


_PLAIN: Final = tuple(
    name for name in Record.__slots__ if name not in {"severity", "work", "is_late", "case", "escalation"}
)


def columns_of(record: Record) -> dict[str, object]:
    """All columns of a record."""
    return {
        **{name: getattr(record, name) for name in _PLAIN},
        "severity": record.severity.value,
        "work": record.work.value,
        "is_late": record.is_late,
        "escalation": to_json(record.escalation),
        **case_columns(record.case),
    }


def case_columns(case: Case) -> dict[str, object]:
    """Columns of what people do."""
    assignee = case.assignee or Assignee("", "")
    return {
        "state": case.state.value,
        "version": case.version,
        "round": case.round,
        "from_ms": case.from_ms,
        "unacknowledged_ms": case.unacknowledged_ms,
        "acknowledged_ms": case.acknowledged_ms,
        "acknowledged_by": None if case.acknowledged_by is None else to_json(case.acknowledged_by),
        "assignee_kind": assignee.kind,
        "assignee_id": assignee.id,
        "assignee_name": assignee.name[:128],
        "assigned_ms": case.assigned_ms,
        "closed_ms": case.closed_ms,
        "closed_by": None if case.closed_by is None else to_json(case.closed_by),
        "verdict": None if case.verdict is None else case.verdict.value,
        "snoozed_until_ms": case.snoozed_until_ms,
    }


def actor_of(text: str | None) -> Actor | None:
    """An actor from its JSON."""
    return None if text is None else _actors.decode(text)


def to_json(value: object) -> str:
    """JSON of a value of the slice."""
    return msgspec.json.encode(value).decode()

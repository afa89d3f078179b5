"""Reports as they stand in the store, in any state, for tests."""

from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert

from aggregator.identity.tokens import digest
from aggregator.reports.clocks import Run
from aggregator.reports.intake import new_code
from aggregator.reports.records import Report, columns_of
from aggregator.reports.states import Action, Actor, By, Case, Command, Hat, Rules, State
from aggregator.reports.workflow import step
from aggregator.storage.relational.reports_tables import report_subscribers, reports

TOKEN = "t" * 32
AGENCY = "hue-transport"
_WAY = {
    State.RECEIVED: (),
    State.VERIFYING: (Action.TAKE,),
    State.ASSIGNED: (Action.TAKE, Action.ASSIGN),
    State.ACCEPTED: (Action.TAKE, Action.ASSIGN, Action.ACCEPT),
    State.IN_PROGRESS: (Action.TAKE, Action.ASSIGN, Action.ACCEPT, Action.START),
    State.RESOLVED: (Action.TAKE, Action.ASSIGN, Action.ACCEPT, Action.START, Action.RESOLVE),
    State.PUBLISHED: (
        Action.TAKE,
        Action.ASSIGN,
        Action.ACCEPT,
        Action.START,
        Action.RESOLVE,
        Action.APPROVE,
    ),
    State.REJECTED: (Action.TAKE, Action.REJECT),
    State.REVIEWING: (Action.TAKE, Action.REJECT, Action.APPEAL),
}
_EVERY_HAT = frozenset(Hat) - {Hat.REPORTER}
_REPORTERS = frozenset({Action.APPEAL})


def case_at(state: State, now_ms: int, category: str = "pothole") -> Case:
    """A case that went its usual way to a state."""
    case = Case(State.RECEIVED, Run(now_ms), category)
    for number, action in enumerate(_WAY[state]):
        hats = frozenset({Hat.REPORTER}) if action in _REPORTERS else _EVERY_HAT
        by = By(Actor("person", f"somebody-{number}"), hats)
        done = step(case, Command(action, "done", agency=AGENCY), by, now_ms, Rules())
        assert isinstance(done, Case), done
        case = done
    return case


def insert_report(connection: Connection, now_ms: int, state: State = State.RECEIVED, **fields: Any) -> str:
    """Store a report in a state; its id."""
    report_id = str(uuid4())
    given: dict[str, Any] = {
        "code": new_code(),
        "channel": "app",
        "entered_by": "",
        "fingerprint": bytes(32),
        "secret": digest(TOKEN),
        "anonymous": False,
        "field": "transport",
        "restricted": False,
        "sensitive": False,
        "text": "A hole in the road",
        "lat": 16.4637,
        "lon": 107.5909,
        "address": "",
        "area": "own",
        "occurred_ms": now_ms,
        "received_ms": now_ms,
        "case": case_at(state, now_ms, fields.pop("category", "pothole")),
        "due_ms": now_ms + 1,
        "agency_due_ms": None,
        "calendar": 0,
        "result": "",
        "public_text": "",
        "updated_ms": now_ms,
    }
    report = Report(id=report_id, **(given | fields))
    connection.execute(insert(reports).values(**columns_of(report)))
    connection.execute(insert(report_subscribers).values(subscriber=report_id, report=report_id))
    return report_id

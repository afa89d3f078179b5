"""A report as it is stored, and how its parts stand in columns."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Row

from aggregator.reports.clocks import Run
from aggregator.reports.states import Actor, Case, State

_runs: Final = msgspec.json.Decoder(Run)
_actors: Final = msgspec.json.Decoder(Actor)


@dataclass(frozen=True, slots=True)
class Contact:
    """Who sent a report, as far as they said; sealed in the store."""

    name: str = ""
    phone: str = ""
    email: str = ""

    @property
    def is_somebody(self) -> bool:
        """Whether they can be reached."""
        return bool(self.phone or self.email)


@dataclass(frozen=True, slots=True)
class Report:
    """One row of `reports`; instants are int64 ms UTC.

    Attributes:
        due_ms: when the city's time is up; None while its clock stands still.
        agency_due_ms: when the agency's time is up.
        calendar: version of the calendar that says so.
        result: what the agency says was done; for the reporter once it is approved.
        public_text: what the public reads instead of the reporter's own words; empty for nothing.
    """

    id: str
    code: str
    channel: str
    entered_by: str
    fingerprint: bytes
    secret: bytes
    anonymous: bool
    field: str
    restricted: bool
    sensitive: bool
    text: str
    lat: float | None
    lon: float | None
    address: str
    area: str
    occurred_ms: int
    received_ms: int
    case: Case
    due_ms: int | None
    agency_due_ms: int | None
    calendar: int
    result: str
    public_text: str
    updated_ms: int


_CASE: Final = frozenset({"case"})
_FLAGS: Final = frozenset({"anonymous", "restricted", "sensitive"})
_DIGESTS: Final = frozenset({"fingerprint", "secret"})
_PLAIN: Final = tuple(name for name in Report.__slots__ if name not in _CASE | _FLAGS | _DIGESTS)


def report_of(row: Row[Any]) -> Report:
    """The report in a row of `reports`."""
    found = row._mapping  # noqa: SLF001  SQLAlchemy's documented way to read by name
    case = Case(
        state=State(row.state),
        run=_runs.decode(row.run),
        category=row.category,
        version=row.version,
        round=row.round,
        agency=row.agency,
        agency_run=_runs.decode(row.agency_run) if row.agency_run else None,
        handled_by=actor_of(row.handled_by),
        decided_by=actor_of(row.decided_by),
        answered_ms=row.answered_ms,
        original=row.original,
        appealed=State(row.appealed) if row.appealed else None,
        rating=row.rating,
        final=bool(row.final),
    )
    return Report(
        **{name: found[name] for name in _PLAIN},
        anonymous=bool(row.anonymous),
        restricted=bool(row.restricted),
        sensitive=bool(row.sensitive),
        fingerprint=bytes(row.fingerprint),
        secret=bytes(row.secret),
        case=case,
    )


def columns_of(report: Report) -> dict[str, object]:
    """All columns of a report."""
    plain = {name: getattr(report, name) for name in (*_PLAIN, *_FLAGS, *_DIGESTS)}
    return plain | case_columns(report.case)


def case_columns(case: Case) -> dict[str, object]:
    """Columns of what people do with it."""
    return {
        "state": case.state.value,
        "run": to_json(case.run),
        "category": case.category,
        "version": case.version,
        "round": case.round,
        "agency": case.agency,
        "agency_run": to_json(case.agency_run) if case.agency_run else "",
        "handled_by": to_json(case.handled_by) if case.handled_by else "",
        "decided_by": to_json(case.decided_by) if case.decided_by else "",
        "answered_ms": case.answered_ms,
        "original": case.original,
        "appealed": case.appealed.value if case.appealed else "",
        "rating": case.rating,
        "final": case.final,
    }


def actor_of(text: str) -> Actor | None:
    """An actor from its JSON; None for none."""
    return _actors.decode(text) if text else None


def to_json(value: object) -> str:
    """JSON of a value of the slice."""
    return msgspec.json.encode(value).decode()

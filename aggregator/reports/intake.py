"""Takes reports in: from the public, and from operators who write down what somebody tells them.

Invariants: the client makes the id and a token of its own; the same report sent again gives the report that
is there, and the same id with another token or another content gives a conflict that tells nothing of it.
A restricted report or one whose category is not taken anonymously comes with a way to reach its sender.
"""

import hashlib
import secrets
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

import msgspec
from sqlalchemy import Connection, insert, select

from aggregator.errors import CallerError, ConflictError, DependencyError
from aggregator.identity.principal import Principal
from aggregator.identity.recording import entry_by
from aggregator.identity.tokens import digest
from aggregator.reports.around import Around
from aggregator.reports.casebook import Casebook, Happened
from aggregator.reports.categories import Category
from aggregator.reports.clocks import Run
from aggregator.reports.records import Contact, Report, report_of, to_json
from aggregator.reports.states import Actor, Case, State
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.engine import writing
from aggregator.storage.relational.reports_tables import report_reporters, reports

_TRIES: Final = 8
_DIGITS: Final = 10
_GROUP: Final = 5


class ReportTakenError(ConflictError):
    """There is another report of this id."""

    code = "report_id_taken"
    title = "Id of another report"


class AnonymousError(CallerError):
    """Such reports are not taken from somebody who cannot be reached."""

    code = "contact_needed"
    title = "Say how to reach you"


class NoPlaceError(CallerError):
    """A report needs a place on the map, an address or an area that exists."""

    code = "place_needed"
    title = "Say where it is"


class CodesExhaustedError(DependencyError):
    """No free number was found for a report."""

    code = "no_free_code"


@dataclass(frozen=True, slots=True)
class NewReport:
    """What somebody reports; what counts as the same content when it is sent again.

    Attributes:
        id: UUID that the client made.
        category: slug.
        text: in their words.
        lat: of the place, WGS 84; None with `lon` when only an address is known.
        address: of the place, in words.
        area: id of the area, if they chose one.
        occurred_ms: when they saw it; a phone's clock may be wrong, so what lies ahead counts as now.
        channel: app, web, hotline, zalo, email, facebook, open311.
        contact: who they are, if they say.
    """

    id: str
    category: str
    text: str
    lat: float | None
    lon: float | None
    address: str
    area: str
    occurred_ms: int
    channel: str
    contact: Contact

    @property
    def fingerprint(self) -> bytes:
        """Digest of the content."""
        return hashlib.sha256(msgspec.json.encode(self)).digest()


class Intake:
    """The slice's use cases that make reports."""

    def __init__(self, around: Around) -> None:
        self._engine = around.engine
        self._rules = around.rules
        self._places = around.places
        self._seals = around.seals
        self._log = around.log
        self._clock = around.clock

    def receive(self, given: NewReport, token: str) -> tuple[Report, bool]:
        """The report, and whether it is new; raises ReportTakenError and CallerError."""
        self._check(given, by_operator=False)
        actor = Actor("citizen", given.id)
        with writing(self._engine) as connection:
            return self._store(connection, given, digest(token), actor, entered_by="")

    def enter(self, who: Principal, given: NewReport) -> tuple[Report, bool]:
        """The same by an operator, for somebody at the telephone or the counter."""
        self._check(given, by_operator=True)
        actor = Actor(who.kind.value, who.id, who.name)
        # Bound to the operator, so that their own resend is known and nobody else's is.
        secret = digest(f"{who.id}\n{given.id}")
        with writing(self._engine) as connection:
            report, is_new = self._store(connection, given, secret, actor, entered_by=who.id)
            if is_new:
                entry = entry_by(
                    who,
                    "report.entered",
                    f"report:{given.id}",
                    self._clock(),
                    area=given.area,
                    detail={"channel": given.channel, "category": given.category},
                )
                self._log.append(connection, entry)
            return report, is_new

    def _check(self, given: NewReport, *, by_operator: bool) -> None:
        category = self._rules.current().taken(given.category)
        if not (category.anonymous or given.contact.is_somebody):
            raise AnonymousError(
                f"reports of {category.id!r} are not taken anonymously: give a telephone number or an e-mail"
            )
        if not (given.lat is not None or given.address.strip() or given.area):
            raise NoPlaceError("give lat and lon, an address in words, or an area")
        if given.area and not self._places.path(given.area):
            hint = "leave it out" if by_operator else "leave it out, lat and lon are enough"
            raise NoPlaceError(f"there is no area {given.area!r}: {hint}")

    def _store(
        self, connection: Connection, given: NewReport, secret: bytes, actor: Actor, *, entered_by: str
    ) -> tuple[Report, bool]:
        now_ms = to_ms(self._clock())
        rulebook = self._rules.current()
        book = Casebook(connection, rulebook, now_ms)
        category = rulebook.taken(given.category)
        for _ in range(_TRIES):
            report = _made(given, category, secret, now_ms, entered_by=entered_by)
            if book.begin(report, Happened("received", actor, detail={"channel": given.channel})):
                self._keep_contact(connection, given)
                stored = _there(connection, given.id)
                return (report if stored is None else stored), True
            stored = _there(connection, given.id)
            if stored is not None:
                return _same(stored, given, secret), False
        raise CodesExhaustedError("no free number was found for the report: send it again")

    def _keep_contact(self, connection: Connection, given: NewReport) -> None:
        if given.contact == Contact():
            return
        sealed = self._seals.seal(f"report:{given.id}", to_json(given.contact))
        connection.execute(insert(report_reporters).values(report=given.id, sealed=sealed))


def new_code() -> str:
    """A number that can be read out: `12345-67890`. It opens nothing."""
    digits = "".join(secrets.choice("0123456789") for _ in range(_DIGITS))
    return f"{digits[:_GROUP]}-{digits[_GROUP:]}"


def _made(given: NewReport, category: Category, secret: bytes, now_ms: int, *, entered_by: str) -> Report:
    return Report(
        id=given.id,
        code=new_code(),
        channel=given.channel,
        entered_by=entered_by,
        fingerprint=given.fingerprint,
        secret=secret,
        anonymous=not given.contact.is_somebody,
        field=category.field.value,
        restricted=category.restricted,
        sensitive=category.sensitive,
        text=given.text,
        lat=given.lat,
        lon=given.lon,
        address=given.address,
        area=given.area,
        occurred_ms=min(given.occurred_ms, now_ms),
        received_ms=now_ms,
        case=Case(State.RECEIVED, Run(now_ms), category.id),
        due_ms=None,
        agency_due_ms=None,
        calendar=0,
        result="",
        public_text="",
        updated_ms=now_ms,
    )


def _there(connection: Connection, report_id: str) -> Report | None:
    row = connection.execute(select(reports).where(reports.c.id == report_id)).one_or_none()
    return None if row is None else report_of(row)


def _same(stored: Report, given: NewReport, secret: bytes) -> Report:
    mine = compare_digest(stored.secret, secret)
    if not (mine and compare_digest(stored.fingerprint, given.fingerprint)):
        raise ReportTakenError(
            "this id belongs to another report, or to this one with another content: make a new id for a new "
            "report, and send an unsent one again as it was"
        )
    return stored

"""Does to reports what people ask.

Invariants: a step, its row of history and, for staff, its entry in the audit log are one transaction; whoever
does not see a report is told that there is none; what a reporter does takes the token of the report.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final

import msgspec

from aggregator.audit.entry import AuditEntry
from aggregator.errors import CallerError, ConflictError, ForbiddenError, NotFoundError, UnauthenticatedError
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.identity.recording import entry_by
from aggregator.identity.tokens import digest
from aggregator.reports.around import Around
from aggregator.reports.casebook import Casebook, Happened
from aggregator.reports.records import Contact, Report
from aggregator.reports.repository import ReportsRepository
from aggregator.reports.sight import Sight, hats_of, sight_of
from aggregator.reports.states import Action, Actor, By, Case, Command, Hat, Refused, Rules, State, Why
from aggregator.reports.workflow import PUBLIC_TEXT, possible, step
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.engine import writing

DONE: Final[Mapping[Action, str]] = {
    Action.TAKE: "taken",
    Action.RECATEGORISE: "recategorised",
    Action.REJECT: "rejected",
    Action.MERGE: "merged",
    Action.ASSIGN: "assigned",
    Action.ACCEPT: "accepted",
    Action.RETURN: "returned",
    Action.START: "started",
    Action.ASK: "asked",
    Action.ANSWER: "answered",
    Action.RESOLVE: "resolved",
    Action.SEND_BACK: "sent_back",
    Action.APPROVE: "approved",
    Action.RATE: "rated",
    Action.REOPEN: "reopened",
    Action.APPEAL: "appealed",
    Action.UPHOLD: "upheld",
    Action.OVERTURN: "overturned",
    Action.ARCHIVE: "archived",
    Action.NOTE: "noted",
}
"""What history and the audit log call a step."""
TOLD: Final = frozenset(DONE[action] for action in PUBLIC_TEXT - {Action.RESOLVE})
"""Steps whose text the reporter reads; the result is read once it is approved."""
_contacts: Final = msgspec.json.Decoder(Contact)
_SAID: Final[Mapping[Why, str]] = {
    Why.TEXT: "say why, or what: `text` must not be empty",
    Why.MISSING: "the step lacks what it is about: see the field's description",
    Why.SAME_PERSON: "somebody else must decide this: who did the work does not judge it",
    Why.TOO_LATE: "the time for this is over: send a new report",
    Why.REOPENED_ENOUGH: "it was reopened before: appeal instead, and somebody else looks at it",
    Why.REOPEN_FIRST: "reopen it first: an appeal comes after that",
    Why.NOT_ASKED: "nobody asked anything, or the answer has come",
    Why.ASKED_ALREADY: "the reporter was asked already and has not answered",
    Why.RATED: "it was rated already",
    Why.FINAL: "the appeal was decided, and that is final",
}


class ReportMovedOnError(ConflictError):
    """The report is not as the caller saw it, or its state does not allow the step."""

    code = "report_moved_on"
    title = "Not possible in this state"


class StepNotPossibleError(ConflictError):
    """The workflow does not let this step be taken."""

    code = "step_not_possible"
    title = "Not possible"


class BadStepError(CallerError):
    """The step lacks a reason, or leads nowhere."""

    code = "bad_step"
    title = "Not a possible step"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done to a report.

    Attributes:
        command: the step.
        version: of the report as the caller saw it; None asks for none.
        area: where it is, as the desk found out; empty leaves it.
        public_text: what the public reads instead of the reporter's words; with APPROVE.
    """

    command: Command
    version: int | None = None
    area: str = ""
    public_text: str = ""


class ReportsWork:
    """The slice's use cases that change reports."""

    def __init__(self, around: Around, workflow: Rules | None = None) -> None:
        self._engine = around.engine
        self._repository = ReportsRepository(around.engine)
        self._rules = around.rules
        self._places = around.places
        self._agency_name = around.agency_name
        self._seals = around.seals
        self._log = around.log
        self._clock = around.clock
        self._workflow = workflow or Rules()

    def within(self, areas: frozenset[str]) -> frozenset[str]:
        """Areas and all below them, today."""
        return self._places.within(areas) or frozenset()

    def sight(self, who: Principal, permission: Permission = Permission.REPORTS_READ) -> Sight:
        """Which reports somebody may see."""
        return sight_of(who, permission, self.within)

    def hats(self, who: Principal, report: Report) -> frozenset[Hat]:
        """In what capacities somebody may act on a report in their sight."""
        return hats_of(who, report.area, report.case.agency, self.within)

    def possible(self, who: Principal, report: Report) -> frozenset[Action]:
        """Steps that somebody may take now on a report in their sight."""
        by = By(Actor(who.kind.value, who.id, who.name), self.hats(who, report))
        return possible(report.case, by, to_ms(self._clock()), self._workflow)

    def possible_for_reporter(self, report: Report) -> frozenset[Action]:
        """Steps that whoever sent a report may take now."""
        by = By(Actor("citizen", report.id), frozenset({Hat.REPORTER}))
        return possible(report.case, by, to_ms(self._clock()), self._workflow)

    def act(self, who: Principal, report_id: str, wish: Wish) -> Report:
        """Take a step as somebody of the staff.

        Raises NotFoundError, ForbiddenError, ConflictError, CallerError.
        """
        now = self._clock()
        actor = Actor(who.kind.value, who.id, who.name)
        with writing(self._engine) as connection:
            book = Casebook(connection, self._rules.current(), to_ms(now))
            locked = book.lock({report_id, wish.command.original} - {""})
            report = self._seen(who, locked.get(report_id))
            if wish.command.action is Action.MERGE:
                self._check_original(who, report, locked.get(wish.command.original))
            done = self._step(book, report, wish, By(actor, self.hats(who, report)))
            self._log.append(connection, _entry(who, report, done, wish, now))
        return done

    def act_as_reporter(self, report_id: str, token: str, command: Command) -> Report:
        """Take a step as whoever sent the report; raises UnauthenticatedError, ConflictError, CallerError."""
        by = By(Actor("citizen", report_id), frozenset({Hat.REPORTER}))
        with writing(self._engine) as connection:
            book = Casebook(connection, self._rules.current(), to_ms(self._clock()))
            report = own(book.lock({report_id}).get(report_id), token)
            return self._step(book, report, Wish(command), by)

    def reporter(self, who: Principal, report_id: str, reason: str) -> Contact:
        """Who sent a report; the log keeps who looked and why. Raises NotFoundError, ForbiddenError."""
        now = self._clock()
        with writing(self._engine) as connection:
            report = self._seen(
                who, Casebook(connection, self._rules.current(), to_ms(now)).lock({report_id}).get(report_id)
            )
            sight = self.sight(who, Permission.REPORTS_IDENTITY)
            if not sight.sees(report.area, report.case.agency, restricted=report.restricted):
                raise ForbiddenError(
                    "who sent a report is not shown to those who work on it: it takes "
                    "reports.identity in its area"
                )
            sealed = self._repository.sealed_contact(connection, report_id)
            subject = f"report:{report_id}"
            entry = entry_by(
                who, "report.reporter_viewed", subject, now, area=report.area, detail={"reason": reason[:200]}
            )
            self._log.append(connection, entry)
        if sealed is None:
            return Contact()
        return _contacts.decode(self._seals.open(subject, sealed))

    def _seen(self, who: Principal, report: Report | None) -> Report:
        if report is None or not self.sight(who).sees(
            report.area, report.case.agency, restricted=report.restricted
        ):
            raise no_such_report()
        return report

    def _check_original(self, who: Principal, report: Report, original: Report | None) -> None:
        if (
            original is None
            or original.id == report.id
            or not self.sight(who).sees(original.area, original.case.agency, restricted=original.restricted)
        ):
            raise BadStepError("there is no other report of that id: give the id of one that you see")
        if original.case.state is State.MERGED:
            raise BadStepError(f"that report is a duplicate itself: merge into {original.case.original}")
        if original.case.state is State.REJECTED:
            raise BadStepError("that report was rejected: merge into one that is worked on")
        if original.restricted != report.restricted:
            raise BadStepError(
                "a restricted report and another are never merged: who follows one must not see the other"
            )

    def _step(self, book: Casebook, report: Report, wish: Wish, by: By) -> Report:
        if wish.version is not None and wish.version != report.case.version:
            raise ReportMovedOnError(
                f"the report is {report.case.state.value}, version {report.case.version}: read it again"
            )
        area = wish.area or report.area
        if wish.area and not self._places.path(wish.area):
            raise BadStepError(f"there is no area {wish.area!r}")
        command = self._routed(report, wish.command, area)
        case = step(report.case, command, by, book.now_ms, self._workflow)
        if isinstance(case, Refused):
            raise _refusal(case)
        happened = Happened(DONE[command.action], by.actor, command.text, _detail(command, area, report))
        if command.action is Action.MERGE:
            book.follow(report, command.original)
        return book.change(report, case, happened, **self._columns(book, report, case, wish, area))

    def _routed(self, report: Report, command: Command, area: str) -> Command:
        """The command, with the agency that the routes name where none was given."""
        if command.action is not Action.ASSIGN:
            return command
        agency = command.agency or self._places.agency_for(report.case.category, area)
        if not agency:
            raise BadStepError(
                f"no route leads from {report.case.category!r} in this area to an agency: "
                "name the agency, or add a route"
            )
        if self._agency_name(agency) is None:
            raise BadStepError(f"there is no agency {agency!r}: GET /api/v1/agencies lists them")
        return replace(command, agency=agency)

    def _columns(self, book: Casebook, report: Report, case: Case, wish: Wish, area: str) -> dict[str, Any]:
        columns: dict[str, Any] = {"area": area}
        match wish.command.action:
            case Action.RECATEGORISE:
                category = book.rulebook.taken(case.category)
                columns |= {
                    "field": category.field.value,
                    "restricted": category.restricted,
                    "sensitive": category.sensitive,
                }
            case Action.RESOLVE | Action.REJECT:
                columns["result"] = wish.command.text
            case Action.APPROVE:
                # In its own words the public reads a report only where nothing in them can harm anybody.
                own_words = "" if report.sensitive or report.restricted else report.text
                columns["public_text"] = wish.public_text or own_words
            case Action.REOPEN | Action.OVERTURN:
                columns |= {"result": "", "public_text": ""}
            case _:
                pass
        return columns


def own(report: Report | None, token: str) -> Report:
    """The report, if the token is its own; raises UnauthenticatedError, for one that is not there too."""
    if report is None or not compare_digest(report.secret, digest(token)):
        raise UnauthenticatedError("send the token that the report was sent with as X-Report-Token")
    return report


def no_such_report() -> NotFoundError:
    """It is not there, or not for the caller's eyes: the answer is the same."""
    return NotFoundError("there is no such report; GET /api/v1/reports lists those that you may see")


def _detail(command: Command, area: str, report: Report) -> dict[str, str]:
    found = {
        "agency": command.agency if command.action is Action.ASSIGN else "",
        "category": command.category if command.action is Action.RECATEGORISE else "",
        "original": command.original if command.action is Action.MERGE else "",
        "rating": str(command.rating) if command.action is Action.RATE else "",
        "area": area if area != report.area else "",
        "returned_by": report.case.agency if command.action is Action.RETURN else "",
    }
    return {key: text for key, text in found.items() if text}


def _entry(who: Principal, before: Report, after: Report, wish: Wish, now: datetime) -> AuditEntry:
    detail = _detail(wish.command, after.area, before) | {"category": after.case.category}
    if wish.command.text:
        detail["text"] = wish.command.text[:200]
    return entry_by(
        who,
        f"report.{DONE[wish.command.action]}",
        f"report:{after.id}",
        now,
        area=after.area,
        detail=detail,
    )


def _refusal(refused: Refused) -> CallerError:
    action, state = refused.action.value, refused.state.value
    match refused.why:
        case Why.STATE:
            return ReportMovedOnError(f"the report is {state}: {action} is not for reports in that state")
        case Why.HAT:
            hats = " or ".join(sorted(refused.hats))
            return ForbiddenError(f"{action} on a report that is {state} is for: {hats}")
        case Why.TEXT | Why.MISSING:
            return BadStepError(_SAID[refused.why])
        case _:
            return StepNotPossibleError(_SAID[refused.why])

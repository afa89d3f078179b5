"""`/api/v1/alarms`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from aggregator.alarms.building import AlarmParts
from aggregator.alarms.params import IdPath, IfMatch, Wanted, version_of
from aggregator.alarms.schemas import (
    AlarmCounts,
    AlarmDetail,
    AlarmPage,
    AlarmView,
    Assigned,
    AssigneeGiven,
    Assignees,
    AssigneeView,
    BulkGiven,
    BulkResult,
    BulkResults,
    Checked,
    Linked,
    Noted,
    NoteGiven,
    Resolved,
    Snoozed,
    SourceRates,
)
from aggregator.alarms.states import (
    Acknowledge,
    Action,
    Add,
    Assign,
    Assignee,
    Command,
    Reopen,
    Resolve,
    Snooze,
)
from aggregator.alarms.working import Wish
from aggregator.errors import CallerError
from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Kind, Principal
from aggregator.storage.instants import to_ms
from aggregator.web.idempotency import Idempotency, Once
from aggregator.web.params import CursorParam, LimitParam
from aggregator.web.responses import problems

_LONGEST_SNOOZE: Final = timedelta(days=7)


class BadSnoozeError(CallerError):
    """The end of the snooze is past, or too far away."""

    code = "bad_snooze"
    title = "Not a possible snooze"


class NoAssigneeError(CallerError):
    """A program cannot take an alarm for itself."""

    code = "no_assignee"
    title = "Say whose it shall be"


class _Parts:
    """What the endpoints share: from what was sent to what is wished."""

    def __init__(
        self, alarms: AlarmParts, guard: Guard, once: Idempotency, clock: Callable[[], datetime]
    ) -> None:
        self.service = alarms.service
        self.work = alarms.work
        self.once = once
        self.reads = guard.requires(Permission.ALARMS_READ)
        self.works = guard.requires(Permission.ALARMS_WORK)
        self._directory = alarms.directory
        self.people = alarms.directory.people
        self._clock = clock

    def do(self, once: Once, who: Principal, alarm_id: str, wish: Wish) -> Response:
        """One thing to one alarm."""
        return once.answer(who.id, 200, lambda: self.work.act(who, alarm_id, wish))

    def assign(self, who: Principal, given: AssigneeGiven | None) -> Assign:
        """To whom it is said, or to the caller."""
        if given is not None:
            return Assign(self._directory.assignee(given.kind, given.id))
        if who.kind is not Kind.PERSON:
            raise NoAssigneeError("a key is nobody: give an assignee")
        return Assign(Assignee("user", who.id, who.name))

    def snooze(self, until: datetime | None) -> Snooze:
        """Until an instant that is possible."""
        if until is None:
            return Snooze(None)
        if not timedelta() < until - self._clock() <= _LONGEST_SNOOZE:
            raise BadSnoozeError("until must be ahead of now, at most seven days; null ends a snooze")
        return Snooze(to_ms(until))

    def bulk_command(self, who: Principal, given: BulkGiven) -> Command:
        """The command of a bulk request."""
        match given.action:
            case "acknowledge":
                return Acknowledge()
            case "assign":
                return self.assign(who, given.assignee)
            case "resolve":
                return Resolve(given.verdict)
            case "reopen":
                return Reopen()
            case "note":
                return Add(Action.NOTE)
            case "snooze":
                return self.snooze(given.until)


def alarms_router(
    alarms: AlarmParts, guard: Guard, once: Idempotency, clock: Callable[[], datetime]
) -> APIRouter:
    """Endpoints over the slice's services."""
    router = APIRouter(prefix="/api/v1/alarms", tags=["alarms"], responses=problems(401, 403, 422, 429, 503))
    parts = _Parts(alarms, guard, once, clock)
    _add_people(router, parts)
    _add_reads(router, parts)
    _add_bulk(router, parts)
    _add_steps(router, parts)
    _add_returns(router, parts)
    _add_remarks(router, parts)
    return router


def _add_people(router: APIRouter, parts: _Parts) -> None:
    @router.get("/assignees", dependencies=[Depends(parts.works)], summary="List who works alarms")
    def assignees() -> Assignees:
        """People to whom an alarm can be given, by name."""
        found = [AssigneeView(kind="user", id=each.id, name=each.name) for each in parts.people()]
        return Assignees(items=found)


def _add_reads(router: APIRouter, parts: _Parts) -> None:
    service, reads = parts.service, parts.reads

    @router.get("", summary="List alarms", responses=problems(400))
    def page(
        who: Annotated[Principal, Depends(reads)],
        wanted: Annotated[Wanted, Depends()],
        cursor: CursorParam = None,
        limit: LimitParam = 100,
    ) -> AlarmPage:
        """Alarms that the caller may see, by when they were opened, newest first."""
        return service.page(who, wanted.of(service, who), cursor=cursor, limit=limit)

    @router.get("/counts", summary="Count alarms")
    def counts(
        who: Annotated[Principal, Depends(reads)], wanted: Annotated[Wanted, Depends()]
    ) -> AlarmCounts:
        """How many are where: those that are not closed, and by state those closed within a day."""
        return service.counts(who, wanted.of(service, who))

    @router.get("/verdicts", summary="How often alarms are false")
    def verdicts(
        who: Annotated[Principal, Depends(reads)], wanted: Annotated[Wanted, Depends()]
    ) -> SourceRates:
        """By camera and its rule, day and night: false ÷ (false + confirmed), as people judged.

        Of alarms whose first event lies in `since` to `until`, the last 30 days unless said.
        """
        return service.rates(who, wanted.of(service, who))

    @router.get("/{alarm}", summary="Show one alarm", responses=problems(404))
    def show(alarm: IdPath, who: Annotated[Principal, Depends(reads)], response: Response) -> AlarmDetail:
        """One alarm with its history, events, links, checklist and notices."""
        found = service.detail(who, alarm)
        response.headers["ETag"] = f'"{found.version}"'
        return found


def _add_bulk(router: APIRouter, parts: _Parts) -> None:
    @router.post(
        "/bulk",
        response_model=BulkResults,
        summary="Do one thing to many alarms",
        responses=problems(400, 409, 413),
    )
    def bulk(
        given: BulkGiven,
        who: Annotated[Principal, Depends(parts.works)],
        once: Annotated[Once, Depends(parts.once)],
    ) -> Response:
        """Each by itself: what cannot be done to one does not keep the others from it."""
        wish = Wish(parts.bulk_command(who, given), _said(given))

        def done() -> BulkResults:
            results = parts.work.act_on_all(who, given.ids, wish)
            items = [
                BulkResult(id=each, done=False, version=None, code=result.code, detail=str(result))
                if isinstance(result, CallerError)
                else BulkResult(id=each, done=True, version=result.case.version, code="", detail="")
                for each, result in zip(given.ids, results, strict=True)
            ]
            return BulkResults(items=items, done=sum(item.done for item in items))

        return once.answer(who.id, 200, done)


def _add_steps(router: APIRouter, parts: _Parts) -> None:
    works = parts.works
    answers = problems(400, 404, 409, 413)

    @router.post("/{alarm}/acknowledge", response_model=AlarmView, summary="Take an alarm", responses=answers)
    def acknowledge(
        alarm: IdPath,
        given: Noted,
        who: Annotated[Principal, Depends(works)],
        once: Annotated[Once, Depends(parts.once)],
        if_match: IfMatch = None,
    ) -> Response:
        """I have seen it and take care. Of two who do, the second gets 409 and the name of the first."""
        return parts.do(once, who, alarm, Wish(Acknowledge(), _said(given), version_of(if_match)))

    @router.post("/{alarm}/assign", response_model=AlarmView, summary="Assign an alarm", responses=answers)
    def assign(
        alarm: IdPath,
        given: Assigned,
        who: Annotated[Principal, Depends(works)],
        once: Annotated[Once, Depends(parts.once)],
        if_match: IfMatch = None,
    ) -> Response:
        """To a user, a role or an agency; without an assignee to the caller."""
        command = parts.assign(who, given.assignee)
        detail = _said(given) | {"assignee": f"{command.assignee.kind}:{command.assignee.id}"}
        return parts.do(once, who, alarm, Wish(command, detail, version_of(if_match)))

    @router.post("/{alarm}/resolve", response_model=AlarmView, summary="Close an alarm", responses=answers)
    def resolve(
        alarm: IdPath,
        given: Resolved,
        who: Annotated[Principal, Depends(works)],
        once: Annotated[Once, Depends(parts.once)],
        if_match: IfMatch = None,
    ) -> Response:
        """With a verdict: it was something, or it was nothing."""
        detail = _said(given) | {"verdict": given.verdict.value}
        return parts.do(once, who, alarm, Wish(Resolve(given.verdict), detail, version_of(if_match)))


def _add_returns(router: APIRouter, parts: _Parts) -> None:
    works = parts.works
    answers = problems(400, 404, 409, 413)

    @router.post("/{alarm}/reopen", response_model=AlarmView, summary="Open it again", responses=answers)
    def reopen(
        alarm: IdPath,
        given: Noted,
        who: Annotated[Principal, Depends(works)],
        once: Annotated[Once, Depends(parts.once)],
        if_match: IfMatch = None,
    ) -> Response:
        """Open what was closed; give back what was acknowledged or assigned."""
        return parts.do(once, who, alarm, Wish(Reopen(), _said(given), version_of(if_match)))

    @router.post(
        "/{alarm}/snooze", response_model=AlarmView, summary="Call nobody for a while", responses=answers
    )
    def snooze(
        alarm: IdPath,
        given: Snoozed,
        who: Annotated[Principal, Depends(works)],
        once: Annotated[Once, Depends(parts.once)],
        if_match: IfMatch = None,
    ) -> Response:
        """What would be told meanwhile is told at the end."""
        command = parts.snooze(given.until)
        detail = _said(given) | {"until": "" if given.until is None else given.until.isoformat()}
        return parts.do(once, who, alarm, Wish(command, detail, version_of(if_match)))


def _add_remarks(router: APIRouter, parts: _Parts) -> None:
    works = parts.works
    answers = problems(400, 404, 409, 413)

    @router.post("/{alarm}/note", response_model=AlarmView, summary="Write a note", responses=answers)
    def note(
        alarm: IdPath,
        given: NoteGiven,
        who: Annotated[Principal, Depends(works)],
        once: Annotated[Once, Depends(parts.once)],
        if_match: IfMatch = None,
    ) -> Response:
        """It stays in the history."""
        wish = Wish(Add(Action.NOTE), {"note": given.note}, version_of(if_match))
        return parts.do(once, who, alarm, wish)

    @router.post("/{alarm}/link", response_model=AlarmView, summary="Link it", responses=answers)
    def link(
        alarm: IdPath,
        given: Linked,
        who: Annotated[Principal, Depends(works)],
        once: Annotated[Once, Depends(parts.once)],
        if_match: IfMatch = None,
    ) -> Response:
        """To another alarm, a report, an event or evidence."""
        detail = _said(given) | {"link": f"{given.kind}:{given.target}"}
        wish = Wish(Add(Action.LINK), detail, version_of(if_match), link=(given.kind, given.target))
        return parts.do(once, who, alarm, wish)

    @router.post(
        "/{alarm}/check", response_model=AlarmView, summary="Tick a step of the checklist", responses=answers
    )
    def check(
        alarm: IdPath,
        given: Checked,
        who: Annotated[Principal, Depends(works)],
        once: Annotated[Once, Depends(parts.once)],
        if_match: IfMatch = None,
    ) -> Response:
        """Or take the tick away; who did it when is kept."""
        detail = _said(given) | {"step": given.step, "done": str(given.done).lower()}
        wish = Wish(Add(Action.CHECK), detail, version_of(if_match), check=(given.step, given.done))
        return parts.do(once, who, alarm, wish)


def _said(given: Noted) -> dict[str, str]:
    return {"note": given.note} if given.note else {}

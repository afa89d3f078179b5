"""`/api/v1/reports` for those who work on reports: operators, officers, leaders."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.reports.building import ReportParts
from aggregator.reports.params import IdPath, IfMatch, Wanted, version_of
from aggregator.reports.schemas import (
    Approved,
    Assigned,
    Merged,
    Recategorised,
    Remarked,
    ReportDetail,
    ReporterView,
    ReportPage,
    ReportView,
    Said,
    Suggestions,
    WhyGiven,
)
from aggregator.reports.states import Action, Command
from aggregator.reports.working import Wish
from aggregator.web.idempotency import Idempotency, Once
from aggregator.web.params import CursorParam, LimitParam
from aggregator.web.responses import problems

_STEP = problems(400, 404, 409, 413)


@dataclass(frozen=True, slots=True)
class _Step:
    """A step that carries a text and nothing else."""

    name: str
    action: Action
    permission: Permission
    summary: str


_WITH_A_REASON: Final = (
    _Step("reject", Action.REJECT, Permission.REPORTS_VERIFY, "Reject it; the reporter reads why"),
    _Step(
        "return", Action.RETURN, Permission.REPORTS_WORK, "Return what is not the agency's, with the reason"
    ),
    _Step("resolve", Action.RESOLVE, Permission.REPORTS_WORK, "Say what was done; it waits for approval"),
    _Step("send-back", Action.SEND_BACK, Permission.REPORTS_PUBLISH, "Do not approve; the agency reads why"),
    _Step("reopen", Action.REOPEN, Permission.REPORTS_VERIFY, "Open it again for the reporter"),
    _Step("uphold", Action.UPHOLD, Permission.REPORTS_PUBLISH, "Refuse the appeal; the reporter reads why"),
    _Step("overturn", Action.OVERTURN, Permission.REPORTS_PUBLISH, "Grant the appeal: it begins anew"),
    _Step("ask", Action.ASK, Permission.REPORTS_READ, "Ask the reporter; the clocks stand still"),
    _Step("answer", Action.ANSWER, Permission.REPORTS_VERIFY, "What the reporter answered at the telephone"),
    _Step("note", Action.NOTE, Permission.REPORTS_READ, "A note for those who work on it"),
)
_PLAIN: Final = (
    _Step("take", Action.TAKE, Permission.REPORTS_VERIFY, "Begin to verify it"),
    _Step("accept", Action.ACCEPT, Permission.REPORTS_WORK, "The agency takes it"),
    _Step("start", Action.START, Permission.REPORTS_WORK, "The agency begins"),
)


class _Parts:
    """What the endpoints share."""

    def __init__(self, reports: ReportParts, guard: Guard, once: Idempotency) -> None:
        self.service = reports.service
        self.work = reports.work
        self.guard = guard
        self.once = once

    def do(self, once: Once, who: Principal, report_id: str, wish: Wish) -> Response:
        """One step of one report."""
        return once.answer(who.id, 200, lambda: self.service.view(who, self.work.act(who, report_id, wish)))


def staff_router(reports: ReportParts, guard: Guard, once: Idempotency) -> APIRouter:
    """Endpoints over the slice's services."""
    router = APIRouter(prefix="/api/v1/reports", tags=["reports"], responses=problems(401, 403, 422))
    parts = _Parts(reports, guard, once)
    _add_reads(router, parts)
    for each in _WITH_A_REASON:
        _add_step_with_a_reason(router, parts, each)
    for each in _PLAIN:
        _add_plain_step(router, parts, each)
    _add_routing(router, parts)
    _add_approval(router, parts)
    return router


def _add_reads(router: APIRouter, parts: _Parts) -> None:
    service = parts.service
    Reader = Annotated[Principal, Depends(parts.guard.requires(Permission.REPORTS_READ))]  # noqa: N806  a type
    knows = parts.guard.requires(Permission.REPORTS_IDENTITY)

    @router.get("", summary="List reports", responses=problems(400))
    def page(
        who: Reader, wanted: Annotated[Wanted, Depends()], cursor: CursorParam = None, limit: LimitParam = 100
    ) -> ReportPage:
        """Reports that the caller may see, the newest first; without who sent them."""
        return service.page(who, wanted.of(service), cursor=cursor, limit=limit)

    @router.get("/{report}", summary="Show one report", responses=problems(404))
    def show(report: IdPath, who: Reader, response: Response) -> ReportDetail:
        """One report with its history and what the caller may do with it."""
        found = service.detail(who, report)
        response.headers["ETag"] = f'"{found.version}"'
        return found

    @router.get("/{report}/duplicates", summary="What may tell of the same", responses=problems(404))
    def duplicates(report: IdPath, who: Reader) -> Suggestions:
        """By place, category and time; a person decides."""
        return service.duplicates(who, report)

    @router.post("/{report}/reporter", summary="Show who sent it", responses=problems(404))
    def reporter(report: IdPath, given: WhyGiven, who: Annotated[Principal, Depends(knows)]) -> ReporterView:
        """The audit log keeps who looked, and why."""
        found = parts.work.reporter(who, report, given.reason)
        return ReporterView(name=found.name, phone=found.phone, email=found.email)


def _add_step_with_a_reason(router: APIRouter, parts: _Parts, of: _Step) -> None:
    does = parts.guard.requires(of.permission)

    @router.post(f"/{{report}}/{of.name}", response_model=ReportView, summary=of.summary, responses=_STEP)
    def take_step(
        report: IdPath,
        given: Said,
        who: Annotated[Principal, Depends(does)],
        once: Annotated[Once, Depends(parts.once)],
        if_match: IfMatch = None,
    ) -> Response:
        return parts.do(once, who, report, Wish(Command(of.action, given.text), version_of(if_match)))


def _add_plain_step(router: APIRouter, parts: _Parts, of: _Step) -> None:
    does = parts.guard.requires(of.permission)

    @router.post(f"/{{report}}/{of.name}", response_model=ReportView, summary=of.summary, responses=_STEP)
    def take_step(
        report: IdPath,
        given: Remarked,
        who: Annotated[Principal, Depends(does)],
        once: Annotated[Once, Depends(parts.once)],
        if_match: IfMatch = None,
    ) -> Response:
        return parts.do(once, who, report, Wish(Command(of.action, given.text), version_of(if_match)))


def _add_routing(router: APIRouter, parts: _Parts) -> None:
    verifies = parts.guard.requires(Permission.REPORTS_VERIFY)
    Desk = Annotated[Principal, Depends(verifies)]  # noqa: N806  a type
    Asked = Annotated[Once, Depends(parts.once)]  # noqa: N806  a type

    @router.post("/{report}/assign", response_model=ReportView, responses=_STEP)
    def assign(report: IdPath, given: Assigned, who: Desk, once: Asked, if_match: IfMatch = None) -> Response:
        """To an agency; without one, where the routes of the registry of places lead."""
        command = Command(Action.ASSIGN, given.text, agency=given.agency)
        return parts.do(once, who, report, Wish(command, version_of(if_match), area=given.area))

    @router.post("/{report}/recategorise", response_model=ReportView, responses=_STEP)
    def recategorise(
        report: IdPath, given: Recategorised, who: Desk, once: Asked, if_match: IfMatch = None
    ) -> Response:
        """Of another category, in another area."""
        command = Command(Action.RECATEGORISE, given.text, category=given.category)
        return parts.do(once, who, report, Wish(command, version_of(if_match), area=given.area))

    @router.post("/{report}/merge", response_model=ReportView, responses=_STEP)
    def merge(report: IdPath, given: Merged, who: Desk, once: Asked, if_match: IfMatch = None) -> Response:
        """Into the report that tells of the same: whoever follows this one follows that."""
        command = Command(Action.MERGE, given.text, original=given.original)
        return parts.do(once, who, report, Wish(command, version_of(if_match)))


def _add_approval(router: APIRouter, parts: _Parts) -> None:
    publishes = parts.guard.requires(Permission.REPORTS_PUBLISH)

    @router.post("/{report}/approve", response_model=ReportView, responses=_STEP)
    def approve(
        report: IdPath,
        given: Approved,
        who: Annotated[Principal, Depends(publishes)],
        once: Annotated[Once, Depends(parts.once)],
        if_match: IfMatch = None,
    ) -> Response:
        """The result goes to the reporter and the public; whoever did the work does not approve it."""
        command = Command(Action.APPROVE, given.text)
        wish = Wish(command, version_of(if_match), public_text=given.public_text)
        return parts.do(once, who, report, wish)

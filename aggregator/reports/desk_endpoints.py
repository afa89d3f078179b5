"""The hotline desk, and what a city decides: categories, and days worked or off."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.reports.building import ReportParts
from aggregator.reports.categories import Category
from aggregator.reports.clocks import Term
from aggregator.reports.holidays_vn import DayOverride
from aggregator.reports.intake_endpoints import new_report
from aggregator.reports.params import CategoryPath
from aggregator.reports.schemas import (
    CallGiven,
    CallPage,
    CallView,
    CategoryGiven,
    CategoryView,
    DayGiven,
    Days,
    DayView,
    DeskReportGiven,
    FeedbackPage,
    ReportView,
)
from aggregator.reports.views import view_category
from aggregator.web.idempotency import Idempotency, Once
from aggregator.web.params import CursorParam, LimitParam
from aggregator.web.responses import problems


def desk_router(parts: ReportParts, guard: Guard, once: Idempotency) -> APIRouter:
    """Endpoints over the slice's services."""
    router = APIRouter(prefix="/api/v1", tags=["reports"], responses=problems(401, 403, 422))
    _add_hotline(router, parts, guard, once)
    _add_categories(router, parts, guard)
    _add_days(router, parts, guard)
    return router


def _add_hotline(router: APIRouter, parts: ReportParts, guard: Guard, once: Idempotency) -> None:
    Desk = Annotated[Principal, Depends(guard.requires(Permission.REPORTS_VERIFY))]  # noqa: N806  a type
    knows = guard.requires(Permission.REPORTS_IDENTITY, everywhere=True)
    Knower = Annotated[Principal, Depends(knows)]  # noqa: N806  a type

    @router.post(
        "/hotline/reports",
        status_code=status.HTTP_201_CREATED,
        summary="Write down what somebody reports",
        responses={200: {"model": ReportView, "description": "it was here already"}, **problems(400, 409)},
    )
    def enter(given: DeskReportGiven, who: Desk, response: Response) -> ReportView:
        """A report like any other, entered by an operator for somebody at the telephone or the counter."""
        report, is_new = parts.intake.enter(who, new_report(given))
        if not is_new:
            response.status_code = status.HTTP_200_OK
        return parts.service.view(who, report)

    @router.post(
        "/hotline/calls",
        status_code=status.HTTP_201_CREATED,
        response_model=CallView,
        summary="Write down a call",
        responses=problems(404, 409),
    )
    def log_call(given: CallGiven, who: Desk, asked: Annotated[Once, Depends(once)]) -> Response:
        """With the report that it was about, or without."""
        return asked.answer(who.id, 201, lambda: parts.desk.log_call(who, given))

    @router.get("/hotline/calls", summary="List calls", responses=problems(400))
    def calls(_who: Knower, cursor: CursorParam = None, limit: LimitParam = 100) -> CallPage:
        """Calls, the newest first."""
        return parts.desk.calls(cursor=cursor, limit=limit)

    @router.get("/service-feedback", summary="List feedback", responses=problems(400))
    def feedback(
        _who: Annotated[Principal, Depends(guard.requires(Permission.REPORTS_READ))],
        cursor: CursorParam = None,
        limit: LimitParam = 100,
    ) -> FeedbackPage:
        """What people think of the service, the newest first."""
        return parts.desk.feedback(cursor=cursor, limit=limit)


def _add_categories(router: APIRouter, parts: ReportParts, guard: Guard) -> None:
    rules = guard.requires(Permission.REPORTS_ADMIN, everywhere=True)

    @router.put("/report-categories/{category}", summary="Add or change a category")
    def put_category(
        category: CategoryPath, given: CategoryGiven, who: Annotated[Principal, Depends(rules)]
    ) -> CategoryView:
        """Reports that are under way are due anew; a category that is no longer wanted is made inactive."""
        made = Category(
            id=category,
            field=given.field,
            vi=given.vi,
            en=given.en,
            answer=Term(given.answer.kind, given.answer.minutes),
            handle=Term(given.handle.kind, given.handle.minutes),
            restricted=given.restricted,
            sensitive=given.sensitive,
            anonymous=given.anonymous,
            active=given.active,
        )
        stored = parts.rules.put_category(who, made)
        parts.upkeep.wake()
        return view_category(stored)


def _add_days(router: APIRouter, parts: ReportParts, guard: Guard) -> None:
    rules = guard.requires(Permission.REPORTS_ADMIN, everywhere=True)
    Ruler = Annotated[Principal, Depends(rules)]  # noqa: N806  a type
    reads = guard.requires(Permission.REPORTS_READ)

    @router.get("/working-days", summary="Days off and swap days")
    def days(_who: Annotated[Principal, Depends(reads)]) -> Days:
        """As the calendar of Vietnam and the city's own decisions make them, of the years around now."""
        found = parts.rules.current()
        return Days(
            items=[DayView(day=each.day, works=each.works, why=each.why) for each in found.overrides],
            off=sorted(found.calendar.off),
            worked=sorted(found.calendar.worked),
        )

    @router.put("/working-days/{day}", summary="Say that a day is worked, or off")
    def put_day(day: date, given: DayGiven, who: Ruler) -> DayView:
        """What is due of reports under way is computed anew."""
        stored = parts.rules.put_day(who, DayOverride(day, given.works, given.why))
        parts.upkeep.wake()
        return DayView(day=stored.day, works=stored.works, why=stored.why)

    @router.delete("/working-days/{day}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(404))
    def remove_day(day: date, who: Ruler) -> None:
        """Leave a day to the calendar again."""
        parts.rules.remove_day(who, day)
        parts.upkeep.wake()

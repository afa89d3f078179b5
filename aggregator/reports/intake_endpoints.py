"""`/api/v1/reports` for whoever sends one, with the report's own token, and what they need for that."""

from fastapi import APIRouter, Response, status

from aggregator.reports.building import ReportParts
from aggregator.reports.intake import NewReport
from aggregator.reports.params import IdPath, Token
from aggregator.reports.records import Contact
from aggregator.reports.schemas import (
    Categories,
    FeedbackGiven,
    FeedbackView,
    OwnReport,
    Rated,
    ReportGiven,
    Said,
)
from aggregator.reports.states import Action, Command
from aggregator.reports.views import view_category
from aggregator.storage.instants import to_ms
from aggregator.web.responses import problems

_SOON = "public, max-age=60"


def intake_router(parts: ReportParts) -> APIRouter:
    """Endpoints that take no credentials but the report's token."""
    router = APIRouter(prefix="/api/v1", tags=["citizens"], responses=problems(422))
    _add_sending(router, parts)
    _add_own(router, parts)
    return router


def new_report(given: ReportGiven) -> NewReport:
    """From what was sent to what is taken in."""
    contact = Contact(given.contact.name.strip(), given.contact.phone.strip(), given.contact.email.strip())
    return NewReport(
        id=str(given.id),
        category=given.category,
        text=given.text,
        lat=given.lat,
        lon=given.lon,
        address=given.address,
        area=given.area,
        occurred_ms=to_ms(given.occurred_at),
        channel=given.channel,
        contact=contact,
    )


def _add_sending(router: APIRouter, parts: ReportParts) -> None:
    @router.post(
        "/reports",
        status_code=status.HTTP_201_CREATED,
        summary="Send a report",
        responses={200: {"model": OwnReport, "description": "it was here already"}, **problems(400, 409)},
    )
    def send(given: ReportGiven, token: Token, response: Response) -> OwnReport:
        """The same report sent again gives the report that is there, with 200."""
        report, is_new = parts.intake.receive(new_report(given), token)
        if not is_new:
            response.status_code = status.HTTP_200_OK
        response.headers["Location"] = f"/api/v1/reports/{report.id}/mine"
        return parts.service.view_own(report)

    @router.get("/report-categories", summary="What reports may be about")
    def categories(response: Response) -> Categories:
        """Categories by field; `active` ones take new reports."""
        response.headers["Cache-Control"] = _SOON
        known = parts.rules.current().categories
        return Categories(items=[view_category(known[each]) for each in sorted(known)])

    @router.post("/service-feedback", status_code=status.HTTP_201_CREATED, summary="Say what you think")
    def feedback(given: FeedbackGiven) -> FeedbackView:
        """About the service itself; about a matter in the city send a report."""
        return parts.desk.tell(given)


def _add_own(router: APIRouter, parts: ReportParts) -> None:
    answers = problems(400, 401, 403, 409)

    @router.get("/reports/{report}/mine", summary="Show my report", responses=problems(401))
    def mine(report: IdPath, token: Token) -> OwnReport:
        """When it is due and what was done, also when it is late."""
        return parts.service.mine(report, token)

    def do(report: str, token: str, command: Command) -> OwnReport:
        return parts.service.view_own(parts.work.act_as_reporter(report, token, command))

    @router.post("/reports/{report}/mine/answer", summary="Answer a question", responses=answers)
    def answer(report: IdPath, token: Token, given: Said) -> OwnReport:
        """The clocks go on."""
        return do(report, token, Command(Action.ANSWER, given.text))

    @router.post("/reports/{report}/mine/rate", summary="Rate the result", responses=answers)
    def rate(report: IdPath, token: Token, given: Rated) -> OwnReport:
        """Once a round, within thirty days."""
        return do(report, token, Command(Action.RATE, given.text, rating=given.stars))

    @router.post("/reports/{report}/mine/reopen", summary="It is not mended", responses=answers)
    def reopen(report: IdPath, token: Token, given: Said) -> OwnReport:
        """Once; after that, appeal."""
        return do(report, token, Command(Action.REOPEN, given.text))

    @router.post("/reports/{report}/mine/appeal", summary="Let somebody else decide", responses=answers)
    def appeal(report: IdPath, token: Token, given: Said) -> OwnReport:
        """Somebody looks at it who did not decide it."""
        return do(report, token, Command(Action.APPEAL, given.text))

"""Reports as HTTP shows them, and what people send.

Three faces of one report: `OwnReport` for whoever sent it, `ReportView` for those who work on it, and what
the public sees, which is no part of this module. None of them has who sent it; that is `ReporterView`.
"""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from aggregator.reports.categories import Field as FieldOfWork
from aggregator.reports.clocks import ClockKind
from aggregator.reports.states import Action, State

LINE = r"^[^\x00-\x1f\x7f]*$"
TEXT = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
MOST_TEXT = 4000
Channel = Literal["app", "web", "hotline", "zalo", "email", "facebook", "open311"]
Own = Literal["app", "web"]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{2,64}$")]
AreaId = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9-]{1,36})?$")]
ReportId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=MOST_TEXT, pattern=TEXT)]
Remark = Annotated[str, StringConstraints(max_length=MOST_TEXT, pattern=TEXT)]
Line = Annotated[str, StringConstraints(max_length=255, pattern=LINE)]
Minutes = Annotated[int, Field(ge=1, le=525_600)]


class Given(BaseModel):
    """What somebody sends: nothing that is not known."""

    model_config = ConfigDict(extra="forbid")


class ContactGiven(Given):
    """Who they are, as far as they say; never shown to those who work on the report."""

    name: Annotated[str, StringConstraints(max_length=128, pattern=LINE)] = ""
    phone: Annotated[str, StringConstraints(pattern=r"^(\+?[0-9 .-]{6,20})?$")] = ""
    email: Annotated[
        str, StringConstraints(max_length=254, pattern=r"^([^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+)?$")
    ] = ""


class ReportGiven(Given):
    """A report. The client makes `id`, and sends an unsent report again just as it was."""

    id: UUID
    category: Slug
    text: Words
    lat: Annotated[float | None, Field(ge=-90, le=90, allow_inf_nan=False)] = None
    lon: Annotated[float | None, Field(ge=-180, le=180, allow_inf_nan=False)] = None
    address: Line = ""
    area: AreaId = ""
    occurred_at: AwareDatetime
    contact: ContactGiven = ContactGiven()
    channel: Own = "app"

    @model_validator(mode="after")
    def _whole_place(self) -> "ReportGiven":
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon go together")
        return self


class DeskReportGiven(ReportGiven):
    """A report that an operator writes down for somebody else."""

    channel: Channel = "hotline"  # type: ignore[assignment]  # an operator may name any


class HistoryView(BaseModel):
    """One thing that happened, for those who work on the report."""

    at: datetime
    action: str
    state: State
    version: int
    by_kind: Annotated[str, Field(description="person, key, citizen or system")]
    by: str
    text: str
    detail: dict[str, str]


class ReportView(BaseModel):
    """A report for those who work on it; without who sent it."""

    id: str
    code: Annotated[str, Field(description="number that can be read out; it opens nothing")]
    channel: str
    category: str
    field: FieldOfWork
    restricted: bool
    sensitive: bool
    anonymous: Annotated[bool, Field(description="nobody can be reached about it")]
    text: str
    lat: float | None
    lon: float | None
    address: str
    area: str
    agency: str
    occurred_at: datetime
    received_at: datetime
    state: State
    version: Annotated[int, Field(description="send it as If-Match")]
    round: int
    asked: Annotated[
        bool, Field(description="the reporter was asked and has not answered: clocks stand still")
    ]
    due_at: Annotated[datetime | None, Field(description="of the city; null while the clock stands still")]
    agency_due_at: datetime | None
    overdue: bool
    answered_at: datetime | None
    original: Annotated[str, Field(description="report that it was merged into")]
    rating: int | None
    result: str
    public_text: str
    updated_at: datetime


class ReportPage(BaseModel):
    """Reports, the newest first."""

    items: list[ReportView]
    next_cursor: str | None


class ReportDetail(ReportView):
    """A report with all that belongs to it."""

    allowed: Annotated[list[Action], Field(description="steps that the caller may take now")]
    followers: Annotated[int, Field(description="reports whose senders follow this one, its own included")]
    history: list[HistoryView]


class OwnStep(BaseModel):
    """One thing that happened, for whoever sent the report."""

    at: datetime
    action: str
    state: State
    text: Annotated[str, Field(description="a reason, a question, an answer; empty for what is not for them")]


class Followed(BaseModel):
    """How far the report is that another one was merged into; nothing of who sent it or what they wrote."""

    code: str
    state: State
    due_at: datetime | None
    done_at: datetime | None
    result: str


class OwnReport(BaseModel):
    """A report for whoever sent it: what is due and what was done, also when it is late."""

    id: str
    code: str
    category: str
    text: str
    lat: float | None
    lon: float | None
    address: str
    occurred_at: datetime
    received_at: datetime
    state: State
    round: int
    version: int
    asked: bool
    agency: Annotated[str, Field(description="name of the agency that has it")]
    due_at: datetime | None
    done_at: datetime | None
    overdue: bool
    late: Annotated[bool, Field(description="it was answered after it was due")]
    result: str
    rating: int | None
    follows: Annotated[
        Followed | None, Field(description="the report of the same that this one was merged into")
    ]
    can: Annotated[list[Action], Field(description="what the sender may do now")]
    history: list[OwnStep]


class ReporterView(BaseModel):
    """Who sent a report."""

    name: str
    phone: str
    email: str


class SuggestionView(BaseModel):
    """Another report that may tell of the same."""

    report: ReportView
    distance_m: float
    apart_s: float
    same_category: bool
    score: float


class Suggestions(BaseModel):
    """The likeliest first."""

    items: list[SuggestionView]


class Remarked(Given):
    """A remark for the history."""

    text: Remark = ""


class Said(Given):
    """A reason, a result, a question or an answer."""

    text: Words


class Assigned(Remarked):
    """To an agency; without one, where the routes lead. `area` says where it is, if that was not known."""

    agency: Annotated[str, StringConstraints(pattern=r"^([a-z0-9-]{2,64})?$")] = ""
    area: AreaId = ""


class Recategorised(Remarked):
    """Of another category."""

    category: Slug
    area: AreaId = ""


class Merged(Remarked):
    """Into the report that tells of the same."""

    original: ReportId


class Approved(Remarked):
    """What the public reads; without it the reporter's own words, of a sensitive category nothing."""

    public_text: Remark = ""


class Rated(Remarked):
    """How content the reporter is."""

    stars: Annotated[int, Field(ge=1, le=5)]


class WhyGiven(Given):
    """Why somebody must know who sent a report; the audit log keeps it."""

    reason: Annotated[str, StringConstraints(min_length=3, max_length=200, pattern=LINE)]


class TermView(BaseModel):
    """Time that may be taken: minutes of working hours (`timed`) or around the clock (`immediate`)."""

    model_config = ConfigDict(extra="forbid")

    kind: ClockKind
    minutes: Minutes


class CategoryGiven(Given):
    """What a category is."""

    field: FieldOfWork
    vi: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=LINE)]
    en: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=LINE)]
    answer: TermView
    handle: TermView
    restricted: bool = False
    sensitive: bool = False
    anonymous: bool = True
    active: bool = True

    @model_validator(mode="after")
    def _reachable(self) -> "CategoryGiven":
        if self.restricted and self.anonymous:
            raise ValueError("a restricted category is not taken anonymously")
        return self


class CategoryView(CategoryGiven):
    """A category."""

    id: str


class Categories(BaseModel):
    """Categories by id."""

    items: list[CategoryView]


class DayGiven(Given):
    """What the city decided of a day."""

    works: bool
    why: Annotated[str, StringConstraints(min_length=3, max_length=255, pattern=LINE)]


class DayView(DayGiven):
    """A day on which the city differs from the calendar."""

    day: date


class Days(BaseModel):
    """What was decided, and the days off and swap days that result, of the years around now."""

    items: list[DayView]
    off: list[date]
    worked: list[date]


class CallGiven(Given):
    """A call of the hotline, in or out, with or without a report."""

    report: Annotated[str, StringConstraints(pattern=r"^([0-9a-f-]{36})?$")] = ""
    direction: Literal["in", "out"] = "in"
    phone: Annotated[str, StringConstraints(pattern=r"^(\+?[0-9 .-]{3,20})?$")] = ""
    started_at: AwareDatetime
    duration_s: Annotated[int, Field(ge=0, le=86_400)]
    note: Remark = ""


class CallView(BaseModel):
    """A call; who called is shown to those who take calls alone."""

    id: str
    report: str
    operator: str
    direction: Literal["in", "out"]
    phone: str
    started_at: datetime
    duration_s: int
    note: str


class CallPage(BaseModel):
    """Calls, the newest first."""

    items: list[CallView]
    next_cursor: str | None


class FeedbackGiven(Given):
    """What somebody thinks of the service itself."""

    stars: Annotated[int, Field(ge=1, le=5)]
    text: Remark = ""
    channel: Own = "app"


class FeedbackView(BaseModel):
    """What somebody thinks of the service."""

    id: str
    stars: int
    text: str
    channel: str
    received_at: datetime


class FeedbackPage(BaseModel):
    """The newest first."""

    items: list[FeedbackView]
    next_cursor: str | None

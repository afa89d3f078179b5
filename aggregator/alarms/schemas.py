"""Alarms as HTTP and the live feed show them, and what people send about them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from aggregator.alarms.rules import Severity, Work
from aggregator.alarms.states import Action, State
from aggregator.alarms.verdicts import Verdict

LINE = r"^[^\x00-\x1f\x7f]*$"
TEXT = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
MOST_BULK = 200
Name = Annotated[str, Field(max_length=64, pattern=LINE)]
Note = Annotated[str, Field(max_length=2000, pattern=TEXT)]
AlarmId = Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]


class Given(BaseModel):
    """What somebody sends: nothing that is not known."""

    model_config = ConfigDict(extra="forbid")


class ActorView(BaseModel):
    """Whoever did it, by the name of that time."""

    kind: Annotated[str, Field(description="person, key or system")]
    id: str
    name: str


class AssigneeView(BaseModel):
    """Whose it is."""

    kind: Literal["user", "role", "agency"]
    id: str
    name: str


class AlarmView(BaseModel):
    """One alarm: equal events that make one case."""

    id: str
    kind: str
    severity: Severity
    work: Annotated[Work, Field(description="field of work")]
    state: State
    rule: Annotated[str, Field(description="id of the alarm rule")]
    node: str
    camera: str
    zone_or_line: str
    class_: Annotated[str, Field(serialization_alias="class")]
    scene_rule: Annotated[str, Field(description="the camera's rule that found it")]
    site: str
    area: str
    agency: str
    lat: float | None
    lon: float | None
    count: Annotated[int, Field(description="events that it joins")]
    first_event: str
    last_event: str
    first_at: datetime
    last_at: datetime
    ended_at: Annotated[datetime | None, Field(description="when the camera saw the end of the matter")]
    late: Annotated[bool, Field(description="its events came long after they occurred: it calls nobody")]
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: ActorView | None
    assignee: AssigneeView | None
    assigned_at: datetime | None
    closed_at: datetime | None
    closed_by: ActorView | None
    verdict: Verdict | None
    snoozed_until: datetime | None
    told: Annotated[int, Field(description="steps of escalation that were made in this round")]
    next_step_at: Annotated[datetime | None, Field(description="when somebody is told next")]
    round: Annotated[int, Field(description="how often it was opened again after it was closed")]
    version: Annotated[int, Field(description="send it as If-Match")]
    updated_at: datetime


class AlarmPage(BaseModel):
    """Alarms, newest first."""

    items: list[AlarmView]
    next_cursor: str | None


class HistoryView(BaseModel):
    """One thing that happened to an alarm."""

    at: datetime
    action: str
    state: State
    version: int
    by: ActorView
    detail: dict[str, str]


class AlarmEventView(BaseModel):
    """One of an alarm's events."""

    id: str
    at: datetime
    kind: str
    score: float
    evidence: Annotated[list[str], Field(description="SHA-256 of each file, hex")]


class LinkView(BaseModel):
    """A link; `from` it when another alarm points here."""

    kind: Literal["alarm", "report", "event", "evidence"]
    target: str
    direction: Literal["to", "from"]
    at: datetime
    by: ActorView


class CheckView(BaseModel):
    """A step of the checklist."""

    step: str
    vi: str
    en: str
    done_at: datetime | None
    done_by: ActorView | None


class NoticeView(BaseModel):
    """A telling."""

    round: int
    step: int
    targets: list[str]
    due_at: datetime
    state: str
    detail: str


class AlarmDetail(AlarmView):
    """An alarm with all that belongs to it."""

    allowed: Annotated[list[Action], Field(description="what its state allows")]
    history: list[HistoryView]
    events: Annotated[list[AlarmEventView], Field(description="the first of them")]
    links: list[LinkView]
    checklist: list[CheckView]
    notices: list[NoticeView]


class AlarmCounts(BaseModel):
    """How many there are: those that are not closed, and closed ones of the last day."""

    by_state: dict[str, int]
    open_by_severity: dict[str, int]
    open_by_area: dict[str, int]
    open_by_work: dict[str, int]
    open_by_kind: dict[str, int]
    oldest_open_at: datetime | None


class Noted(Given):
    """A remark that goes into the history."""

    note: Note = ""


class AssigneeGiven(Given):
    """Whose it shall be."""

    kind: Literal["user", "role", "agency"]
    id: Name


class Assignees(BaseModel):
    """People who work alarms, by name."""

    items: list[AssigneeView]


class Assigned(Noted):
    """Without an assignee it is the caller's."""

    assignee: AssigneeGiven | None = None


class Resolved(Noted):
    """It was something (`confirmed`), or nothing (`false`)."""

    verdict: Verdict = Verdict.CONFIRMED


class NoteGiven(Given):
    """A note."""

    note: Annotated[str, Field(min_length=1, max_length=2000, pattern=TEXT)]


class Snoozed(Noted):
    """Call nobody before `until`; null ends it. At most seven days."""

    until: AwareDatetime | None


class Linked(Noted):
    """To another alarm (id), a report (id), an event (public id) or evidence (SHA-256, hex)."""

    kind: Literal["alarm", "report", "event", "evidence"]
    target: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9:._-]+$")]


class Checked(Noted):
    """Tick a step of the checklist, or take the tick away."""

    step: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    done: bool = True


class BulkGiven(Noted):
    """One action on many alarms."""

    ids: Annotated[list[AlarmId], Field(min_length=1, max_length=MOST_BULK)]
    action: Literal["acknowledge", "assign", "resolve", "reopen", "note", "snooze"]
    assignee: AssigneeGiven | None = None
    verdict: Verdict = Verdict.CONFIRMED
    until: AwareDatetime | None = None


class BulkResult(BaseModel):
    """What became of one of them."""

    id: str
    done: bool
    version: int | None
    code: Annotated[str, Field(description="empty, or that of the problem")]
    detail: str


class BulkResults(BaseModel):
    """Results in the order of the request."""

    items: list[BulkResult]
    done: int


class RateView(BaseModel):
    """False alarms among those that people judged; `share` is null when none was."""

    false: int
    judged: int
    share: float | None


class SourceRateView(BaseModel):
    """One camera's rule."""

    node: str
    camera: str
    rule: str
    kind: str
    all: RateView
    day: Annotated[RateView, Field(description="06:00 to 18:00 in Vietnam")]
    night: RateView


class SourceRates(BaseModel):
    """The most false alarms first."""

    items: list[SourceRateView]
    total: RateView
    since: datetime
    until: datetime


class StageGiven(Given):
    """The city's operating stage and why."""

    stage: Annotated[int, Field(ge=1, le=5, description="1 normal, 5 emergency")]
    reason: Annotated[str, Field(min_length=3, max_length=2000, pattern=TEXT)]


class StageView(BaseModel):
    """A stage that held from `at` on."""

    stage: int
    reason: str
    at: datetime
    by: ActorView


class StageHistory(BaseModel):
    """Newest first."""

    items: list[StageView]

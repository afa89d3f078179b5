"""What the slice takes and gives over HTTP."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from aggregator.notices.cap import Category, Certainty, MsgType, Severity, Status, Urgency

_PRINTED = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]*$"
"""What XML may hold."""
_LINE = r"^[^\x00-\x1f\x7f\ufffe\uffff]*$"
Line = Annotated[str, Field(min_length=1, max_length=160, pattern=_LINE)]
Paragraphs = Annotated[str, Field(min_length=1, max_length=4000, pattern=_PRINTED)]
Optional = Annotated[str, Field(max_length=4000, pattern=_PRINTED)]
AreaId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,36}$")]
Point = tuple[Annotated[float, Field(ge=-90, le=90)], Annotated[float, Field(ge=-180, le=180)]]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AddressGiven(_Given):
    """Where a target is told."""

    name: Line
    target: Annotated[
        str,
        Field(
            pattern=r"^(role|user|agency|channel):[A-Za-z0-9-]{1,64}$",
            description="who is told: role:…, user:…, agency:… or channel:…",
        ),
    ]
    area: AreaId | Literal[""] = Field("", description="only alarms of this area and below; empty for all")
    channel: Literal["apprise", "zalo"]
    address: Annotated[
        str,
        Field(min_length=1, max_length=2000, pattern=_LINE, description="never shown again"),
    ]
    language: Literal["vi", "en"] = "vi"


class AddressView(BaseModel):
    """An address without what is secret of it."""

    id: str
    name: str
    target: str
    area: str
    channel: str
    language: str
    created_at: datetime


class Addresses(BaseModel):
    """All of them."""

    items: list[AddressView]


class Tested(BaseModel):
    """What came of a test message."""

    outcome: Literal["sent", "try_later", "refused"]
    reason: str


class TextGiven(_Given):
    """What is said in one language."""

    event: Line
    headline: Line
    description: Paragraphs
    instruction: Optional = ""


class CircleGiven(_Given):
    """Around a point."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    radius_km: Annotated[float, Field(ge=0, le=1000)]


class WarningGiven(_Given):
    """A public warning."""

    status: Status = Status.ACTUAL
    category: Category
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    effective_at: AwareDatetime | None = Field(None, description="now without it")
    onset_at: AwareDatetime | None = None
    expires_at: AwareDatetime
    vi: TextGiven
    en: TextGiven | None = None
    areas: Annotated[list[AreaId], Field(min_length=1, max_length=100)]
    polygons: Annotated[
        list[Annotated[list[Point], Field(min_length=4, max_length=500)]], Field(max_length=10)
    ] = []
    circles: Annotated[list[CircleGiven], Field(max_length=10)] = []

    @model_validator(mode="after")
    def _closed(self) -> Self:
        if any(ring[0] != ring[-1] for ring in self.polygons):
            raise ValueError("a polygon's last point is its first")
        return self


class CancelGiven(_Given):
    """Why a warning is over."""

    reason: Line


class WarningView(BaseModel):
    """One message of a warning."""

    id: str
    root: str
    msg_type: MsgType
    sent_at: datetime
    expires_at: datetime
    replaced_by: str
    areas: list[str]
    asked: WarningGiven
    by: str
    url: str


class WarningPage(BaseModel):
    """Messages, newest first."""

    items: list[WarningView]
    next_cursor: str | None


class NoticeGiven(_Given):
    """What the citizens of areas are told."""

    title_vi: Line
    title_en: Annotated[str, Field(max_length=160, pattern=_LINE)] = ""
    text_vi: Paragraphs
    text_en: Optional = ""
    areas: Annotated[list[AreaId], Field(max_length=100)] = []
    from_at: AwareDatetime
    until_at: AwareDatetime

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.until_at <= self.from_at:
            raise ValueError("until_at must be later than from_at")
        return self


class PublicNoticeView(BaseModel):
    """A notice as citizens see it."""

    id: str
    title_vi: str
    title_en: str
    text_vi: str
    text_en: str
    areas: list[str]
    from_at: datetime
    until_at: datetime


class PublicNotices(BaseModel):
    """Those in force."""

    items: list[PublicNoticeView]


class ToldView(PublicNoticeView):
    """A notice as whoever sends notices sees it."""

    created_at: datetime
    by: str
    withdrawn_at: datetime | None


class ToldNotices(BaseModel):
    """Those to come, in force, over and withdrawn; newest first."""

    items: list[ToldView]

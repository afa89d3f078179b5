"""Alarm rules, silences and checklists as HTTP shows and takes them."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, model_validator

from aggregator.alarms.escalation import Escalation, Step, Until
from aggregator.alarms.hours import MINUTES, Hours
from aggregator.alarms.rules import AlarmRule, OnClear, Part, Severity, Silence, Threshold, Where, Work
from aggregator.alarms.schemas import LINE, TEXT, ActorView, Given
from aggregator.alarms.sops import Sop, SopStep
from aggregator.errors import CallerError
from aggregator.storage.instants import to_ms

_DAY_S: Final = 86_400
_WEEK_S: Final = 7 * _DAY_S
_MOST_STEPS: Final = 16
_LONGEST_SILENCE: Final = timedelta(days=366)
_HOUR: Final = 60


def _unique(values: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(values)))


Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", description="kind of event")]
Id = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
Camera = Annotated[str, Field(max_length=97, pattern=r"^[a-z0-9-]{3,32}/[^\x00-\x1f\x7f/]{1,64}$")]
Target = Annotated[
    str,
    Field(
        max_length=96,
        pattern=r"^(assignee|agency|(role|user|agency|channel):[A-Za-z0-9._-]{1,64})$",
        description="role:…, user:…, agency:…, channel:…, agency (the alarm's own) or assignee",
    ),
]
Time = Annotated[
    str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", description="HH:MM in Vietnam")
]
Line = Annotated[str, Field(min_length=1, max_length=128, pattern=LINE)]


class BadSilenceError(CallerError):
    """The silence ends before it begins, or lasts for ever."""

    code = "bad_silence"
    title = "Not a possible silence"


class HoursGiven(Given):
    """The same hours on some days of the week; an end that is not after the start is on the next day."""

    days: Annotated[
        tuple[Annotated[int, Field(ge=0, le=6, description="0 Monday to 6 Sunday")], ...],
        Field(min_length=1, max_length=7),
        AfterValidator(_unique),
    ] = (0, 1, 2, 3, 4, 5, 6)
    start: Time = "00:00"
    end: Time = "24:00"

    def hours(self) -> Hours:
        """As the core has them."""
        return Hours(self.days, _minutes(self.start) % MINUTES, _minutes(self.end))

    @classmethod
    def of(cls, hours: Hours) -> Self:
        """From the core's."""
        return cls(days=hours.days, start=_time(hours.start), end=_time(hours.end))


class WhereGiven(Given):
    """Places; all empty is everywhere, else any of them."""

    areas: Annotated[tuple[Id, ...], Field(max_length=200)] = ()
    sites: Annotated[tuple[Id, ...], Field(max_length=200)] = ()
    cameras: Annotated[tuple[Camera, ...], Field(max_length=200, description="node/camera")] = ()

    def where(self) -> Where:
        """As the core has it."""
        return Where(self.areas, self.sites, self.cameras)

    @classmethod
    def of(cls, where: Where) -> Self:
        """From the core's."""
        return cls(areas=where.areas, sites=where.sites, cameras=where.cameras)


class ThresholdGiven(Given):
    """How much it takes for an alarm."""

    score: Annotated[float, Field(ge=0, le=1)] = 0.0
    duration_s: Annotated[float, Field(ge=0, le=_WEEK_S)] = 0.0
    value: Annotated[float | None, Field(ge=-1e12, le=1e12)] = None
    events: Annotated[int, Field(ge=1, le=1000, description="so many equal events")] = 1
    within_s: Annotated[float, Field(gt=0, le=_DAY_S, description="within this time")] = 60.0


class StepGiven(Given):
    """One telling."""

    after_s: Annotated[float, Field(ge=0, le=_WEEK_S)]
    targets: Annotated[tuple[Target, ...], Field(min_length=1, max_length=10)]
    until: Annotated[Until, Field(description="what makes it needless")] = Until.ACKNOWLEDGED
    waits: Annotated[bool, Field(description="for the end of the quiet hours")] = True


class RuleGiven(Given):
    """An alarm rule."""

    name: Line
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1, max_length=32)]
    severity: Severity = Severity.MEDIUM
    work: Work = Work.ORDER
    where: WhereGiven = WhereGiven()
    schedule: Annotated[tuple[HoursGiven, ...], Field(max_length=21, description="empty for always")] = ()
    threshold: ThresholdGiven = ThresholdGiven()
    equal_by: Annotated[
        tuple[Part, ...], Field(max_length=10, description="what events share that are one alarm")
    ] = (Part.KIND, Part.NODE, Part.CAMERA, Part.ZONE_OR_LINE)
    window_s: Annotated[
        float, Field(ge=0, le=_WEEK_S, description="an equal event within it joins the alarm")
    ] = 300.0
    rank: Annotated[
        int, Field(ge=-1000, le=1000, description="of two that cover an event the higher decides")
    ] = 0
    steps: Annotated[tuple[StepGiven, ...], Field(max_length=_MOST_STEPS)] = ()
    quiet: Annotated[tuple[HoursGiven, ...], Field(max_length=21)] = ()
    cleared_by: Annotated[
        tuple[Kind, ...], Field(max_length=16, description="kinds that end the matter")
    ] = ()
    on_clear: OnClear = OnClear.NOTE
    late_s: Annotated[float, Field(ge=0, le=_WEEK_S, description="what comes later calls nobody")] = 3600.0
    enabled: bool = True

    def rule(self, rule_id: str) -> AlarmRule:
        """As the core has it."""
        steps = tuple(Step(each.after_s, each.targets, each.until, each.waits) for each in self.steps)
        return AlarmRule(
            id=rule_id,
            name=self.name,
            kinds=tuple(dict.fromkeys(self.kinds)),
            severity=self.severity,
            work=self.work,
            where=self.where.where(),
            schedule=tuple(each.hours() for each in self.schedule),
            threshold=Threshold(**self.threshold.model_dump()),
            equal_by=tuple(dict.fromkeys(self.equal_by)),
            window_s=self.window_s,
            rank=self.rank,
            escalation=Escalation(steps, tuple(each.hours() for each in self.quiet)),
            cleared_by=tuple(dict.fromkeys(self.cleared_by)),
            on_clear=self.on_clear,
            late_s=self.late_s,
            is_enabled=self.enabled,
        )

    @classmethod
    def of(cls, rule: AlarmRule) -> "RuleGiven":
        """From the core's."""
        threshold = rule.threshold
        return RuleGiven(
            name=rule.name,
            kinds=rule.kinds,
            severity=rule.severity,
            work=rule.work,
            where=WhereGiven.of(rule.where),
            schedule=tuple(HoursGiven.of(each) for each in rule.schedule),
            threshold=ThresholdGiven(
                score=threshold.score,
                duration_s=threshold.duration_s,
                value=threshold.value,
                events=threshold.events,
                within_s=threshold.within_s,
            ),
            equal_by=rule.equal_by,
            window_s=rule.window_s,
            rank=rule.rank,
            steps=tuple(
                StepGiven(after_s=each.after_s, targets=each.targets, until=each.until, waits=each.waits)
                for each in rule.escalation.steps
            ),
            quiet=tuple(HoursGiven.of(each) for each in rule.escalation.quiet),
            cleared_by=rule.cleared_by,
            on_clear=rule.on_clear,
            late_s=rule.late_s,
            enabled=rule.is_enabled,
        )


class RuleChange(Given):
    """What of a rule is to change; null or left out leaves it."""

    name: Line | None = None
    kinds: Annotated[tuple[Kind, ...] | None, Field(min_length=1, max_length=32)] = None
    severity: Severity | None = None
    work: Work | None = None
    where: WhereGiven | None = None
    schedule: Annotated[tuple[HoursGiven, ...] | None, Field(max_length=21)] = None
    threshold: ThresholdGiven | None = None
    equal_by: Annotated[tuple[Part, ...] | None, Field(max_length=10)] = None
    window_s: Annotated[float | None, Field(ge=0, le=_WEEK_S)] = None
    rank: Annotated[int | None, Field(ge=-1000, le=1000)] = None
    steps: Annotated[tuple[StepGiven, ...] | None, Field(max_length=_MOST_STEPS)] = None
    quiet: Annotated[tuple[HoursGiven, ...] | None, Field(max_length=21)] = None
    cleared_by: Annotated[tuple[Kind, ...] | None, Field(max_length=16)] = None
    on_clear: OnClear | None = None
    late_s: Annotated[float | None, Field(ge=0, le=_WEEK_S)] = None
    enabled: bool | None = None

    def applied(self, rule: AlarmRule) -> AlarmRule:
        """The rule with what is given in place of what it had."""
        before = RuleGiven.of(rule)
        given = {
            name: value for name in RuleChange.model_fields if (value := getattr(self, name)) is not None
        }
        return before.model_copy(update=given).rule(rule.id)


class RuleView(RuleGiven):
    """A stored rule."""

    id: str
    version: Annotated[int, Field(description="send it as If-Match")]
    updated_at: datetime
    updated_by: ActorView


class Rules(BaseModel):
    """All rules that concern the caller's areas, in the order in which they decide."""

    items: list[RuleView]


class SilenceGiven(Given):
    """No alarms of these kinds in these places from `starts_at` (in) to `ends_at` (out)."""

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=TEXT)]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    kinds: Annotated[tuple[Kind, ...], Field(max_length=32, description="empty for every kind")] = ()
    where: WhereGiven = WhereGiven()
    hours: Annotated[
        tuple[HoursGiven, ...], Field(max_length=21, description="within it, only in these")
    ] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not timedelta() < self.ends_at - self.starts_at <= _LONGEST_SILENCE:
            raise ValueError("ends_at must come after starts_at, at most 366 days later")
        return self

    def silence(self, silence_id: str) -> Silence:
        """As the core has it."""
        return Silence(
            silence_id,
            self.reason,
            to_ms(self.starts_at),
            to_ms(self.ends_at),
            tuple(dict.fromkeys(self.kinds)),
            self.where.where(),
            tuple(each.hours() for each in self.hours),
        )


class SilenceChange(Given):
    """What of a silence is to change; null or left out leaves it."""

    reason: Annotated[str | None, Field(min_length=1, max_length=500, pattern=TEXT)] = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    kinds: Annotated[tuple[Kind, ...] | None, Field(max_length=32)] = None
    where: WhereGiven | None = None
    hours: Annotated[tuple[HoursGiven, ...] | None, Field(max_length=21)] = None

    def applied(self, silence: Silence) -> Silence:
        """The silence with what is given in place of what it had; raises BadSilenceError."""
        starts_ms = silence.starts_ms if self.starts_at is None else to_ms(self.starts_at)
        ends_ms = silence.ends_ms if self.ends_at is None else to_ms(self.ends_at)
        if not 0 < ends_ms - starts_ms <= _LONGEST_SILENCE // timedelta(milliseconds=1):
            raise BadSilenceError("ends_at must come after starts_at, at most 366 days later")
        return Silence(
            silence.id,
            silence.reason if self.reason is None else self.reason,
            starts_ms,
            ends_ms,
            silence.kinds if self.kinds is None else tuple(dict.fromkeys(self.kinds)),
            silence.where if self.where is None else self.where.where(),
            silence.hours if self.hours is None else tuple(each.hours() for each in self.hours),
        )


class SilenceView(BaseModel):
    """A stored silence; `suppressed` events made no alarm because of it."""

    id: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    kinds: tuple[str, ...]
    where: WhereGiven
    hours: tuple[HoursGiven, ...]
    suppressed: int
    suppressed_at: datetime | None
    version: int
    updated_at: datetime
    updated_by: ActorView


class Silences(BaseModel):
    """Silences that have not ended, or all; newest first."""

    items: list[SilenceView]


class SopStepGiven(Given):
    """A step; its id keeps its meaning."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    vi: Annotated[str, Field(min_length=1, max_length=500, pattern=TEXT)]
    en: Annotated[str, Field(min_length=1, max_length=500, pattern=TEXT)]


class SopChange(Given):
    """The steps of a checklist."""

    steps: Annotated[tuple[SopStepGiven, ...], Field(min_length=1, max_length=30)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({step.id for step in self.steps}) < len(self.steps):
            raise ValueError("each step's id may stand there once")
        return self

    def sop(self, kind: str) -> Sop:
        """As the core has it."""
        return Sop(kind, tuple(SopStep(step.id, step.vi, step.en) for step in self.steps))


class SopGiven(SopChange):
    """The checklist of a kind of event."""

    kind: Kind


class SopView(SopGiven):
    """A stored checklist."""

    version: int
    updated_at: datetime
    updated_by: ActorView


class Sops(BaseModel):
    """All checklists, by kind."""

    items: list[SopView]


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * _HOUR + int(minutes)


def _time(minute: int) -> str:
    return f"{minute // _HOUR:02}:{minute % _HOUR:02}"

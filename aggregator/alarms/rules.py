"""What an alarm rule says, and what a silence says. Pure values."""

from dataclasses import dataclass, field
from enum import StrEnum

from aggregator.alarms.escalation import Escalation
from aggregator.alarms.hours import Hours


class Severity(StrEnum):
    """How much it matters."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Work(StrEnum):
    """Field of work: whose business it is. Also the category by which alarms are routed to agencies."""

    TRAFFIC = "traffic"
    ORDER = "order"
    ENVIRONMENT = "environment"
    FLEET = "fleet"


class Part(StrEnum):
    """What two events must share to be equal."""

    KIND = "kind"
    NODE = "node"
    CAMERA = "camera"
    ZONE_OR_LINE = "zone_or_line"
    RULE = "rule"
    CLASS = "class"
    TRACK = "track"
    DIRECTION = "direction"
    SITE = "site"
    AREA = "area"


class OnClear(StrEnum):
    """What an event that ends the matter does to its alarm."""

    NOTE = "note"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True)
class Where:
    """Places; all empty is everywhere, else any of them.

    Attributes:
        areas: ids, each with all below it.
        sites: ids.
        cameras: `{node}/{camera}`.
    """

    areas: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Threshold:
    """How much it takes.

    Attributes:
        score: least score, 0–1.
        duration_s: least duration.
        value: least value; None asks for none, and an event without a value passes then alone.
        events: how many equal events
        within_s: come within this time.
    """

    score: float = 0.0
    duration_s: float = 0.0
    value: float | None = None
    events: int = 1
    within_s: float = 60.0


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """One rule.

    Attributes:
        id: never given again.
        name: for people.
        kinds: of events.
        severity: of its alarms.
        work: field of work of its alarms.
        where: places.
        schedule: hours; empty for always.
        threshold: how much it takes.
        equal_by: what events share that are one alarm.
        window_s: an equal event within it of an alarm's events joins that alarm.
        rank: of two rules that cover an event the higher decides; then the one of the narrower place.
        escalation: who is told when.
        cleared_by: kinds of events that end the matter.
        on_clear: what they do to the alarm.
        late_s: an event that comes later than this after it occurred calls nobody.
        is_enabled: whether it is in force.
    """

    id: str
    name: str
    kinds: tuple[str, ...]
    severity: Severity = Severity.MEDIUM
    work: Work = Work.ORDER
    where: Where = Where()
    schedule: tuple[Hours, ...] = ()
    threshold: Threshold = Threshold()
    equal_by: tuple[Part, ...] = (Part.KIND, Part.NODE, Part.CAMERA, Part.ZONE_OR_LINE)
    window_s: float = 300.0
    rank: int = 0
    escalation: Escalation = field(default_factory=Escalation)
    cleared_by: tuple[str, ...] = ()
    on_clear: OnClear = OnClear.NOTE
    late_s: float = 3600.0
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Silence:
    """No alarms for a while: works, a festival, a camera that is being mended.

    Attributes:
        id: never given again.
        reason: for people.
        kinds: of events; empty for every kind.
        where: places.
        starts_ms: from this time of occurrence on, in.
        ends_ms: up to this one, out; brought forward when somebody ends it early.
        hours: within it, only in these; empty for always.
    """

    id: str
    reason: str
    starts_ms: int
    ends_ms: int
    kinds: tuple[str, ...] = ()
    where: Where = Where()
    hours: tuple[Hours, ...] = ()

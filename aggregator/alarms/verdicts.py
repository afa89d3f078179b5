"""How often alarms were false, from what people said of them. Pure.

A figure is always shown with what it is made of: false ÷ (false + confirmed). What the system closed by
itself, and what nobody has looked at, says nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a person said of an alarm."""

    CONFIRMED = "confirmed"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class Source:
    """What raised alarms: a camera, a rule of its scene, and the kind of event."""

    node: str
    camera: str
    rule: str
    kind: str


@dataclass(frozen=True, slots=True)
class VerdictCount:
    """So many alarms of one source had one verdict, by day or by night."""

    source: Source
    is_day: bool
    verdict: Verdict
    alarms: int


@dataclass(frozen=True, slots=True)
class Rate:
    """`false` of `judged` alarms were false."""

    false: int = 0
    judged: int = 0

    @property
    def share(self) -> float | None:
        """0–1; None when nothing was judged, which is not 0."""
        return self.false / self.judged if self.judged else None

    def plus(self, other: "Rate") -> "Rate":
        """Both together."""
        return Rate(self.false + other.false, self.judged + other.judged)


@dataclass(frozen=True, slots=True)
class SourceRate:
    """One source: by day, by night, and both."""

    source: Source
    day: Rate
    night: Rate

    @property
    def all(self) -> Rate:
        """By day and night."""
        return self.day.plus(self.night)


def rates(counts: Iterable[VerdictCount]) -> tuple[SourceRate, ...]:
    """Rates of every source, the most false alarms first."""
    found: dict[Source, dict[bool, Rate]] = {}
    for count in counts:
        both = found.setdefault(count.source, {True: Rate(), False: Rate()})
        more = Rate(count.alarms if count.verdict is Verdict.FALSE else 0, count.alarms)
        both[count.is_day] = both[count.is_day].plus(more)
    made = [SourceRate(source, both[True], both[False]) for source, both in found.items()]
    return tuple(
        sorted(
            made,
            key=lambda each: (
                -each.all.false,
                each.source.node,
                each.source.camera,
                each.source.rule,
                each.source.kind,
            ),
        )
    )

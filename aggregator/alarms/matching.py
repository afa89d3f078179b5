"""Which rule an event falls under, and whether it is silenced. Pure.

Invariants: one event falls under one rule at most: the highest rank, then the narrowest place, then the
smallest id; a rule that covers an event decides for it even when its threshold is not met, so that a camera's
own rule can ask for more than the city's. Time is the time of occurrence, so that an event is judged alike
whenever it is read.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from aggregator.alarms.hours import within
from aggregator.alarms.rules import AlarmRule, Part, Silence, Threshold, Where

_KEY_BYTES: Final = 16
Expand = Callable[[frozenset[str]], frozenset[str]]
"""Areas to themselves and all below them."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A stored event, placed. `id` is its row, `at_ms` when it occurred as far as that is known."""

    id: int
    node: str
    stream: str
    seq: int
    kind: str
    rule: str
    camera: str
    at_ms: int
    received_ms: int
    zone_or_line: str = ""
    class_name: str = ""
    track_id: int = 0
    direction: str = ""
    score: float = 0.0
    duration_s: float = 0.0
    value: float | None = None
    site: str = ""
    area: str = ""
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Raised:
    """The event calls for an alarm of `rule`; equal ones share `key`."""

    fact: Fact
    rule: AlarmRule
    key: str


@dataclass(frozen=True, slots=True)
class Silenced:
    """The event would have called for an alarm, and `silence` says no."""

    fact: Fact
    silence: Silence


@dataclass(frozen=True, slots=True)
class Cleared:
    """The event ends the matter of open alarms with these keys, each of its rule."""

    fact: Fact
    rules: tuple[tuple[str, AlarmRule], ...]


Match = Raised | Silenced | Cleared


@dataclass(frozen=True, slots=True)
class _Place:
    areas: frozenset[str]
    sites: frozenset[str]
    cameras: frozenset[str]

    @property
    def is_everywhere(self) -> bool:
        return not (self.areas or self.sites or self.cameras)

    def covers(self, fact: Fact) -> bool:
        return (
            self.is_everywhere
            or (bool(fact.area) and fact.area in self.areas)
            or (bool(fact.site) and fact.site in self.sites)
            or f"{fact.node}/{fact.camera}" in self.cameras
        )


class RuleBook:
    """Rules and silences as they stand; `expand` turns areas into themselves and all below."""

    def __init__(self, rules: Iterable[AlarmRule], silences: Iterable[Silence], expand: Expand) -> None:
        in_force = sorted((rule for rule in rules if rule.is_enabled), key=precedence)
        self._by_kind: Mapping[str, list[tuple[AlarmRule, _Place]]] = _by_kind(in_force, expand)
        self._clearing: dict[str, list[AlarmRule]] = {}
        for rule in in_force:
            for kind in rule.cleared_by:
                self._clearing.setdefault(kind, []).append(rule)
        self._silences = [(each, _placed(each.where, expand)) for each in silences]

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of events that matter to some rule."""
        return frozenset(self._by_kind) | frozenset(self._clearing)

    def match(self, fact: Fact) -> tuple[Match, ...]:
        """What an event calls for; mostly nothing or one thing, and both when a kind raises and clears."""
        found: list[Match] = []
        if clearing := self._clearing.get(fact.kind):
            found.append(Cleared(fact, tuple((key_of(rule, fact), rule) for rule in clearing)))
        rule = self._covering(fact)
        if rule is not None and meets(rule.threshold, fact):
            silence = self._silence(fact)
            found.append(Silenced(fact, silence) if silence else Raised(fact, rule, key_of(rule, fact)))
        return tuple(found)

    def _covering(self, fact: Fact) -> AlarmRule | None:
        for rule, place in self._by_kind.get(fact.kind, ()):
            if place.covers(fact) and (not rule.schedule or within(rule.schedule, fact.at_ms)):
                return rule
        return None

    def _silence(self, fact: Fact) -> Silence | None:
        for silence, place in self._silences:
            if is_silent(silence, fact.kind, fact.at_ms) and place.covers(fact):
                return silence
        return None


def meets(threshold: Threshold, fact: Fact) -> bool:
    """Whether one event is strong enough; how many it takes is counted elsewhere."""
    return (
        fact.score >= threshold.score
        and fact.duration_s >= threshold.duration_s
        and (threshold.value is None or (fact.value is not None and fact.value >= threshold.value))
    )


def is_silent(silence: Silence, kind: str, at_ms: int) -> bool:
    """Whether a silence holds for events of a kind at an instant, wherever they are."""
    return (
        silence.starts_ms <= at_ms < silence.ends_ms
        and (not silence.kinds or kind in silence.kinds)
        and (not silence.hours or within(silence.hours, at_ms))
    )


def key_of(rule: AlarmRule, fact: Fact) -> str:
    """What equal events of a rule share: 32 hex digits.

    What clears has another kind than what it clears, so `kind` counts only where a rule has several.
    """
    parts: list[str | int] = [rule.id]
    for part in rule.equal_by:
        match part:
            case Part.KIND:
                parts.append(fact.kind if len(rule.kinds) > 1 else "")
            case Part.CAMERA:
                parts.append(f"{fact.node}/{fact.camera}")
            case Part.CLASS:
                parts.append(fact.class_name)
            case Part.TRACK:
                parts.append(fact.track_id)
            case _:
                parts.append(str(getattr(fact, part.value)))
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=_KEY_BYTES).hexdigest()


def precedence(rule: AlarmRule) -> tuple[int, int, str]:
    """Sort key: of two rules that cover an event the first decides."""
    where = rule.where
    narrow = 3 if where.cameras else 2 if where.sites else 1 if where.areas else 0
    return -rule.rank, -narrow, rule.id


def _by_kind(rules: Iterable[AlarmRule], expand: Expand) -> dict[str, list[tuple[AlarmRule, _Place]]]:
    found: dict[str, list[tuple[AlarmRule, _Place]]] = {}
    for rule in rules:
        place = _placed(rule.where, expand)
        for kind in rule.kinds:
            found.setdefault(kind, []).append((rule, place))
    return found


def _placed(where: Where, expand: Expand) -> _Place:
    areas = frozenset(where.areas)
    # An area that is no more and left no heir covers nothing: the id itself stays, so it is not everywhere.
    return _Place(expand(areas) | areas if areas else areas, frozenset(where.sites), frozenset(where.cameras))

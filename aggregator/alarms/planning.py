"""What a batch of events does to alarms: begins them, joins them, ends them, or is silenced. Pure.

Invariants: planning a stream of events in one batch or in many gives the same alarms; an event counts in one
alarm at most; the case of an alarm (what people did with it) is changed by nothing but a clearing event of a
rule that resolves.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aggregator.alarms.dedupe import Span, chosen, tally
from aggregator.alarms.matching import Cleared, Fact, Match, Raised, Silenced
from aggregator.alarms.rules import AlarmRule, OnClear

KEPT_EVENTS: Final = 50
"""Of one alarm; the others are counted."""


@dataclass(frozen=True, slots=True)
class Known:
    """An alarm that is stored, as far as planning needs it."""

    id: str
    key: str
    span: Span
    count: int


@dataclass(frozen=True, slots=True)
class Ending:
    """A clearing event; `resolves` when the rule says that the alarm is over by it."""

    fact: Fact
    resolves: bool


@dataclass(slots=True)
class Draft:
    """An alarm as a batch leaves it.

    Attributes:
        id: of the alarm.
        key: what its events share.
        rule: that begins it; None for one that is stored.
        span: of its events.
        before: events that it had.
        added: events of this batch.
        facts: the first of these, for its list of events.
        last: the event that came last.
        opened_ms: when the event that made it an alarm came.
        ending: what ended the matter, if it stands at the end.
        resolved: the ending that closed it, if one did.
    """

    id: str
    key: str
    rule: AlarmRule | None
    span: Span
    before: int = 0
    added: int = 0
    facts: list[Fact] = field(default_factory=list)
    last: Fact | None = None
    opened_ms: int = 0
    ending: Ending | None = None
    resolved: Ending | None = None

    @property
    def is_changed(self) -> bool:
        """Whether the batch did anything to it."""
        return bool(self.added or self.ending)

    def take(self, fact: Fact) -> None:
        """Count an event."""
        self.span = self.span.with_event(fact.at_ms)
        if self.before + self.added < KEPT_EVENTS:
            self.facts.append(fact)
        self.added += 1
        self.last = fact
        if self.ending is not None and not self.ending.resolves and fact.at_ms > self.ending.fact.at_ms:
            self.ending = None  # it began again

    def end(self, ending: Ending) -> None:
        """Note that the matter is over."""
        self.ending = ending
        if ending.resolves:
            self.resolved = ending
            self.span = Span(self.span.first_ms, self.span.last_ms, ending.fact.at_ms)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Events that a silence kept from making alarms."""

    events: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Times of equal events that are too few yet, and until when they count."""

    times_ms: tuple[int, ...]
    until_ms: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to store: new alarms, changed ones, silences' counts, and tallies (None: removed)."""

    begun: tuple[Draft, ...]
    grown: tuple[Draft, ...]
    suppressed: Mapping[str, Suppressed]
    tallies: Mapping[str, Tally | None]


def plan(
    matches: Iterable[Match],
    known: Iterable[Known],
    tallies: Mapping[str, Sequence[int]],
    new_id: Callable[[], str],
) -> Plan:
    """Plan a batch.

    Args:
        matches: of its events, in the order of their ids.
        known: stored alarms that any of them could join or end.
        tallies: times of earlier equal events, by key.
        new_id: gives ids for new alarms.
    """
    planner = _Planner(known, tallies, new_id)
    for match in matches:
        planner.take(match)
    return planner.made()


class _Planner:
    def __init__(
        self, known: Iterable[Known], tallies: Mapping[str, Sequence[int]], new_id: Callable[[], str]
    ) -> None:
        self._new_id = new_id
        self._drafts: dict[str, list[Draft]] = {}
        self._suppressed: dict[str, Suppressed] = {}
        self._times = {key: tuple(times) for key, times in tallies.items()}
        self._tallies: dict[str, Tally | None] = {}
        for each in known:
            draft = Draft(each.id, each.key, None, each.span, before=each.count)
            self._drafts.setdefault(each.key, []).append(draft)

    def take(self, match: Match) -> None:
        match match:
            case Raised():
                self._raise(match)
            case Cleared(fact, rules):
                for key, rule in rules:
                    self._clear(fact, key, resolves=rule.on_clear is OnClear.RESOLVE)
            case Silenced(fact, silence):
                before = self._suppressed.get(silence.id, Suppressed(0, fact.at_ms))
                self._suppressed[silence.id] = Suppressed(before.events + 1, max(before.last_ms, fact.at_ms))

    def made(self) -> Plan:
        drafts = [draft for each in self._drafts.values() for draft in each if draft.is_changed]
        return Plan(
            begun=tuple(draft for draft in drafts if draft.rule is not None),
            grown=tuple(draft for draft in drafts if draft.rule is None),
            suppressed=self._suppressed,
            tallies=self._tallies,
        )

    def _raise(self, raised: Raised) -> None:
        fact, rule, key = raised.fact, raised.rule, raised.key
        drafts = self._drafts.setdefault(key, [])
        found = chosen([draft.span for draft in drafts], fact.at_ms, round(rule.window_s * 1000))
        if found is not None:
            drafts[found].take(fact)
            return
        times = self._counted(raised)
        if times is None:
            return
        span = Span(min(times), max(times))
        draft = Draft(self._new_id(), key, rule, span, opened_ms=fact.received_ms)
        draft.take(fact)
        draft.added = len(times)
        drafts.append(draft)

    def _counted(self, raised: Raised) -> tuple[int, ...] | None:
        """Times of the events that make an alarm together, None when they are too few."""
        threshold, at_ms = raised.rule.threshold, raised.fact.at_ms
        if threshold.events <= 1:
            return (at_ms,)
        within_ms = round(threshold.within_s * 1000)
        times = tally(self._times.get(raised.key, ()), at_ms, events=threshold.events, within_ms=within_ms)
        if len(times) < threshold.events:
            self._times[raised.key] = times
            self._tallies[raised.key] = Tally(times, max(raised.fact.received_ms, times[-1]) + within_ms)
            return None
        self._times.pop(raised.key, None)
        self._tallies[raised.key] = None
        return times

    def _clear(self, fact: Fact, key: str, *, resolves: bool) -> None:
        for draft in self._drafts.get(key, ()):
            if draft.span.closed_ms is None and draft.span.last_ms <= fact.at_ms:
                draft.end(Ending(fact, resolves))

"""What batches of events do to alarms: the same, however they are cut."""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aggregator.alarms.dedupe import Span
from aggregator.alarms.matching import Fact, Match, RuleBook
from aggregator.alarms.planning import KEPT_EVENTS, Known, Plan, plan
from aggregator.alarms.rules import AlarmRule, OnClear, Silence, Threshold, Where

AT = 1_795_150_800_000
OFFLINE = AlarmRule("off", "off", ("camera_offline",), cleared_by=("back",), on_clear=OnClear.RESOLVE)
CROWD = AlarmRule("crowd", "crowd", ("crowd_formed",), window_s=0.05, cleared_by=("crowd_cleared",))
THREE = AlarmRule(
    "three", "three", ("loitered",), window_s=0.02, threshold=Threshold(events=3, within_s=0.03)
)
QUIET = Silence("quiet", "works", AT + 40, AT + 60, where=Where(cameras=("gate/quiet",)))
BOOK = RuleBook([OFFLINE, CROWD, THREE], [QUIET], lambda areas: areas)
KINDS = ("camera_offline", "back", "crowd_formed", "crowd_cleared", "loitered", "line_crossed")


def fact(number: int, kind: str, at: int, camera: str = "cam") -> Fact:
    return Fact(
        id=number,
        node="gate",
        stream="0" * 16,
        seq=number,
        kind=kind,
        rule="r",
        camera=camera,
        at_ms=AT + at,
        received_ms=AT + 1000 + number,
    )


class Kept:
    """Alarms and tallies as the tables hold them."""

    def __init__(self) -> None:
        self.alarms: dict[str, dict[str, Any]] = {}
        self.tallies: dict[str, tuple[int, ...]] = {}
        self.suppressed: Counter[str] = Counter()
        self._ids = itertools.count(1)

    def take(self, facts: Iterable[Fact]) -> None:
        matches: list[Match] = [match for each in facts for match in BOOK.match(each)]
        known = [
            Known(alarm, each["key"], Span(each["first"], each["last"], each["closed"]), each["count"])
            for alarm, each in self.alarms.items()
        ]
        self._store(plan(matches, known, self.tallies, lambda: f"{next(self._ids):04}"))

    def _store(self, made: Plan) -> None:
        for draft in (*made.begun, *made.grown):
            before = self.alarms.get(draft.id, {"count": 0, "ended": None, "kept": ()})
            ended = before["ended"]
            if draft.ending is not None:
                ended = draft.ending.fact.at_ms
            elif ended is not None and draft.span.last_ms > ended:
                ended = None
            self.alarms[draft.id] = {
                "key": draft.key,
                "count": before["count"] + draft.added,
                "first": draft.span.first_ms,
                "last": draft.span.last_ms,
                "closed": draft.span.closed_ms,
                "ended": ended,
                "kept": (*before["kept"], *(each.id for each in draft.facts)),
            }
        for key, tally in made.tallies.items():
            if tally is None:
                self.tallies.pop(key, None)
            else:
                self.tallies[key] = tally.times_ms
        for silence, found in made.suppressed.items():
            self.suppressed[silence] += found.events

    def content(self) -> object:
        return sorted(
            (each["key"], each["first"], each["last"], each["count"], each["closed"] or 0, each["ended"] or 0)
            for each in self.alarms.values()
        ), self.suppressed


happenings = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 200), st.sampled_from(("cam", "quiet"))), max_size=40
)


def taken(facts: Sequence[Fact], cuts: Iterable[int]) -> Kept:
    kept = Kept()
    edges = [0, *sorted(cuts), len(facts)]
    for start, end in itertools.pairwise(edges):
        kept.take(facts[start:end])
    return kept


@given(happenings, st.lists(st.integers(0, 40), max_size=6))
def test_a_stream_of_events_gives_the_same_alarms_however_it_is_cut(
    found: list[tuple[str, int, str]], cuts: list[int]
) -> None:
    facts = [fact(number, *each) for number, each in enumerate(found, 1)]
    whole = taken(facts, [])
    assert taken(facts, [min(cut, len(facts)) for cut in cuts]).content() == whole.content()
    assert taken(facts, range(1, len(facts))).content() == whole.content()


@given(happenings)
def test_every_event_that_raises_counts_once(found: list[tuple[str, int, str]]) -> None:
    facts = [fact(number, *each) for number, each in enumerate(found, 1)]
    kept = taken(facts, [])
    raising = [
        each
        for each in facts
        if each.kind in {"camera_offline", "crowd_formed"}
        and not (each.camera == "quiet" and 40 <= each.at_ms - AT < 60)
    ]
    counted = list(kept.alarms.values())
    of_three = {
        match.key for camera in ("cam", "quiet") for match in BOOK.match(fact(1, "loitered", 0, camera))
    }  # type: ignore[union-attr]
    assert sum(each["count"] for each in counted if each["key"] not in of_three) == len(raising)
    for each in counted:
        assert each["first"] <= each["last"]
        assert each["count"] >= 3 or each["key"] not in of_three


def test_it_takes_three_to_begin_and_all_three_count() -> None:
    kept = Kept()
    kept.take([fact(1, "loitered", 0), fact(2, "loitered", 10)])
    assert kept.alarms == {}
    kept.take([fact(3, "loitered", 20), fact(4, "loitered", 30)])
    (alarm,) = kept.alarms.values()
    assert (alarm["count"], alarm["first"], alarm["last"]) == (4, AT, AT + 30)
    assert kept.tallies == {}


def test_the_first_events_are_kept_and_the_others_counted() -> None:
    kept = Kept()
    for start in (1, 31, 61):
        kept.take([fact(number, "camera_offline", 0) for number in range(start, start + 30)])
    (alarm,) = kept.alarms.values()
    assert (alarm["count"], alarm["kept"]) == (90, tuple(range(1, KEPT_EVENTS + 1)))


def test_what_came_back_and_fails_again_is_another_alarm() -> None:
    kept = Kept()
    kept.take(
        [fact(1, "camera_offline", 0), fact(2, "back", 5), fact(3, "back", 6), fact(4, "camera_offline", 9)]
    )
    assert sorted((each["count"], each["closed"]) for each in kept.alarms.values() if each["closed"]) == [
        (1, AT + 5)
    ]
    assert len(kept.alarms) == 2


def test_a_return_that_was_seen_before_the_last_failure_ends_nothing() -> None:
    kept = Kept()
    kept.take([fact(1, "camera_offline", 9), fact(2, "back", 5)])
    (alarm,) = kept.alarms.values()
    assert alarm["closed"] is None


def test_a_rule_that_is_known_by_its_key_alone_goes_on() -> None:
    changed = RuleBook([replace(OFFLINE, name="renamed", window_s=10)], [], lambda areas: areas)
    kept = Kept()
    kept.take([fact(1, "camera_offline", 0)])
    (match,) = changed.match(fact(2, "camera_offline", 1))
    assert match.key == next(iter(kept.alarms.values()))["key"]  # type: ignore[union-attr]

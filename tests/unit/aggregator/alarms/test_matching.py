"""Which rule an event falls under, what silences it, what is equal."""

from dataclasses import replace
from typing import Any

import pytest

from aggregator.alarms.defaults import DEFAULT_RULES
from aggregator.alarms.hours import Hours
from aggregator.alarms.matching import Cleared, Fact, Raised, RuleBook, Silenced, key_of
from aggregator.alarms.rules import AlarmRule, Part, Severity, Silence, Threshold, Where
from fleet.wire.kinds import ALARM_KINDS

FRIDAY_NOON = 1_795_150_800_000  # 2026-11-20 12:00 in Vietnam
BELOW = {"city": frozenset({"city", "ward-1", "ward-2"})}


def expand(areas: frozenset[str]) -> frozenset[str]:
    return areas.union(*(BELOW.get(area, frozenset()) for area in areas))


def fact(kind: str = "intruded", **fields: Any) -> Fact:
    given: dict[str, Any] = {
        "id": 1,
        "node": "gate",
        "stream": "0" * 16,
        "seq": 1,
        "kind": kind,
        "rule": "yard",
        "camera": "cam",
        "at_ms": FRIDAY_NOON,
        "received_ms": FRIDAY_NOON,
        "zone_or_line": "zone",
        "score": 0.8,
        "site": "junction",
        "area": "ward-1",
    }
    return Fact(**(given | fields))


def rule(rule_id: str = "r", **fields: Any) -> AlarmRule:
    return AlarmRule(**({"id": rule_id, "name": rule_id, "kinds": ("intruded",)} | fields))


def raised_by(rules: list[AlarmRule], found: Fact, silences: tuple[Silence, ...] = ()) -> str | None:
    for match in RuleBook(rules, silences, expand).match(found):
        if isinstance(match, Raised):
            return match.rule.id
    return None


@pytest.mark.parametrize(
    ("fields", "found", "expected"),
    [
        ({}, {}, True),
        ({"kinds": ("loitered",)}, {}, False),
        ({"is_enabled": False}, {}, False),
        ({"where": Where(areas=("ward-1",))}, {}, True),
        ({"where": Where(areas=("city",))}, {}, True),
        ({"where": Where(areas=("ward-2",))}, {}, False),
        ({"where": Where(areas=("gone",))}, {"area": ""}, False),
        ({"where": Where(sites=("junction",))}, {}, True),
        ({"where": Where(sites=("other",))}, {"site": ""}, False),
        ({"where": Where(cameras=("gate/cam",))}, {}, True),
        ({"where": Where(cameras=("gate/other",))}, {}, False),
        ({"where": Where(areas=("ward-2",), cameras=("gate/cam",))}, {}, True),
        ({"schedule": (Hours((4,), 600, 780),)}, {}, True),
        ({"schedule": (Hours((5, 6)),)}, {}, False),
        ({"threshold": Threshold(score=0.8)}, {}, True),
        ({"threshold": Threshold(score=0.81)}, {}, False),
        ({"threshold": Threshold(duration_s=5)}, {"duration_s": 4.9}, False),
        ({"threshold": Threshold(value=3)}, {"value": 3.0}, True),
        ({"threshold": Threshold(value=3)}, {"value": None}, False),
        ({"threshold": Threshold(value=-1)}, {"value": None}, False),
    ],
)
def test_a_rule_raises_by_kind_place_hours_and_threshold(
    fields: dict[str, Any],
    found: dict[str, Any],
    expected: bool,  # noqa: FBT001  a table
) -> None:
    assert (raised_by([rule(**fields)], fact(**found)) == "r") == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([rule("a"), rule("b", rank=1)], "b"),
        ([rule("a"), rule("b", where=Where(areas=("city",)))], "b"),
        ([rule("b", where=Where(areas=("city",))), rule("c", where=Where(sites=("junction",)))], "c"),
        ([rule("c", where=Where(sites=("junction",))), rule("d", where=Where(cameras=("gate/cam",)))], "d"),
        ([rule("d", where=Where(cameras=("gate/cam",))), rule("a", rank=1)], "a"),
        ([rule("b"), rule("a")], "a"),
        ([rule("a"), rule("b", where=Where(cameras=("gate/cam",)), threshold=Threshold(score=0.9))], None),
        ([rule("a"), rule("b", rank=1, schedule=(Hours((6,)),))], "a"),
    ],
)
def test_one_rule_decides(rules: list[AlarmRule], expected: str | None) -> None:
    assert raised_by(rules, fact()) == expected
    assert raised_by(list(reversed(rules)), fact()) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"kinds": ("intruded",)}, True),
        ({"kinds": ("loitered",)}, False),
        ({"starts_ms": FRIDAY_NOON}, True),
        ({"starts_ms": FRIDAY_NOON + 1}, False),
        ({"ends_ms": FRIDAY_NOON}, False),
        ({"ends_ms": FRIDAY_NOON + 1}, True),
        ({"where": Where(areas=("city",))}, True),
        ({"where": Where(cameras=("gate/other",))}, False),
        ({"hours": (Hours((4,), 700, 730),)}, True),
        ({"hours": (Hours((4,), 730, 740),)}, False),
    ],
)
def test_a_silence_holds_by_the_time_of_occurrence(fields: dict[str, Any], expected: bool) -> None:  # noqa: FBT001  a table
    given: dict[str, Any] = {"starts_ms": 0, "ends_ms": FRIDAY_NOON * 2}
    silence = Silence("s", "works", **(given | fields))
    (match,) = RuleBook([rule()], [silence], expand).match(fact(received_ms=FRIDAY_NOON * 3))
    assert isinstance(match, Silenced) == expected


@pytest.mark.parametrize(
    ("equal_by", "other", "expected"),
    [
        ((Part.CAMERA,), {"camera": "b"}, False),
        ((Part.CAMERA,), {"node": "b"}, False),
        ((Part.CAMERA,), {"zone_or_line": "b"}, True),
        ((Part.ZONE_OR_LINE,), {"zone_or_line": "b"}, False),
        ((Part.TRACK,), {"track_id": 9}, False),
        ((Part.CLASS,), {"class_name": "car"}, False),
        ((Part.RULE,), {"rule": "b"}, False),
        ((Part.SITE, Part.AREA), {"camera": "b", "node": "c"}, True),
        ((Part.KIND,), {"kind": "loitered"}, False),
        ((Part.DIRECTION,), {"direction": "forward"}, False),
        ((), {"camera": "b", "kind": "loitered"}, True),
    ],
)
def test_equal_is_what_the_rule_says(
    equal_by: tuple[Part, ...],
    other: dict[str, Any],
    expected: bool,  # noqa: FBT001  a table
) -> None:
    both = rule(equal_by=equal_by, kinds=("intruded", "loitered"))
    assert (key_of(both, fact()) == key_of(both, fact(**other))) == expected
    assert key_of(replace(both, id="other"), fact()) != key_of(both, fact())


def test_what_clears_has_the_key_of_what_it_clears() -> None:
    crowd = rule(kinds=("crowd_formed",), cleared_by=("crowd_cleared",))
    book = RuleBook([crowd], [], expand)
    (begun,) = book.match(fact("crowd_formed"))
    (over,) = book.match(fact("crowd_cleared"))
    assert isinstance(begun, Raised)
    assert isinstance(over, Cleared)
    assert over.rules == ((begun.key, crowd),)


def test_every_kind_that_calls_somebody_has_a_default_rule() -> None:
    handled = {kind for each in DEFAULT_RULES for kind in (*each.kinds, *each.cleared_by)}
    assert handled >= ALARM_KINDS
    assert len({each.id for each in DEFAULT_RULES}) == len(DEFAULT_RULES)
    for each in DEFAULT_RULES:
        assert each.escalation.steps or each.severity is Severity.LOW


def test_defaults_give_way_to_any_rule() -> None:
    assert raised_by([*DEFAULT_RULES, rule("mine")], fact()) == "mine"

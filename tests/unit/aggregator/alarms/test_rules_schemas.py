"""Rules and silences over HTTP and back."""

import pytest
from pydantic import ValidationError

from aggregator.alarms.defaults import DEFAULT_RULES
from aggregator.alarms.hours import Hours
from aggregator.alarms.rules import AlarmRule, Silence
from aggregator.alarms.rules_schemas import (
    BadSilenceError,
    HoursGiven,
    RuleChange,
    RuleGiven,
    SilenceChange,
    SilenceGiven,
)


@pytest.mark.parametrize("rule", DEFAULT_RULES, ids=lambda rule: rule.id)
def test_a_rule_comes_back_as_it_went(rule: AlarmRule) -> None:
    shown = RuleGiven.of(rule).model_dump_json()
    assert RuleGiven.model_validate_json(shown).rule(rule.id) == rule


@pytest.mark.parametrize(
    "hours", [Hours(), Hours((4,), 1320, 360), Hours((0, 6), 0, 1440), Hours((1,), 1, 1)]
)
def test_hours_come_back_as_they_went(hours: Hours) -> None:
    back = HoursGiven.of(hours).hours()
    assert (back.days, back.start, back.length_ms) == (hours.days, hours.start, hours.length_ms)


def test_a_change_changes_what_it_gives() -> None:
    rule = DEFAULT_RULES[0]
    changed = RuleChange.model_validate({"rank": 7, "schedule": [{"days": [6, 5, 5]}]}).applied(rule)
    assert (changed.rank, changed.schedule[0].days, changed.kinds, changed.escalation) == (
        7,
        (5, 6),
        rule.kinds,
        rule.escalation,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"kinds": []},
        {"kinds": ["Intruded"]},
        {"where": {"cameras": ["no-node"]}},
        {"schedule": [{"start": "25:00"}]},
        {"schedule": [{"days": [7]}]},
        {"steps": [{"after_s": 1, "targets": ["everybody"]}]},
        {"threshold": {"score": 2}},
        {"window_s": -1},
        {"window_s": "nan"},
        {"colour": "red"},
    ],
)
def test_what_a_rule_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RuleGiven.model_validate({"name": "x", "kinds": ["intruded"]} | wrong)


def test_a_silence_ends_after_it_begins() -> None:
    given = {"reason": "x", "starts_at": "2026-01-01T00:00:00Z"}
    SilenceGiven.model_validate(given | {"ends_at": "2026-01-01T00:00:01Z"})
    for ends_at in ("2026-01-01T00:00:00Z", "2027-02-01T00:00:00Z"):
        with pytest.raises(ValidationError, match="ends_at"):
            SilenceGiven.model_validate(given | {"ends_at": ends_at})
    with pytest.raises(BadSilenceError):
        SilenceChange.model_validate({"ends_at": "1970-01-01T00:00:00Z"}).applied(Silence("s", "x", 1, 2))

"""Monotonic times become UTC, and what the wire would refuse is cut to fit."""

import math
from typing import Any

import pytest

from edge_agent.outbox.seal import ClockReading, restamp, seal_event, seal_measurement
from edge_agent.outbox.sealed import Sealed, decode_body, encode_body, priority_of_fact
from edge_agent.rules.facts import SceneEvent, SceneMeasurement
from fleet.wire.kinds import Priority
from fleet.wire.messages import Event, MeasurementRow

SYNCED = ClockReading(1_700_000_000_000, 0, "boot")
UNSYNCED = ClockReading(1_000, 2, "boot")


def found(**changes: Any) -> SceneEvent:
    values: dict[str, Any] = {
        "kind": "line_crossed", "rule": "gate-count", "camera": "cam-01", "zone_or_line": "gate",
        "class_name": "person", "track_id": 7, "score": 0.8734, "direction": "forward", "duration_s": 1.5,
        "xyxy": (0.1, 0.2, 0.3, 0.4), "value": 2.0, "at_s": 12.3456, "model": "m/int8",
    }  # fmt: skip
    return SceneEvent(**(values | changes))


def measured(**changes: Any) -> SceneMeasurement:
    values: dict[str, Any] = {
        "name": "flow", "source": "cam-01", "zone_or_line": "gate", "class_name": "person",
        "direction": "forward", "start_s": 60.0, "period_s": 60.0, "value": 3.0, "n": 600, "quality": 0,
    }  # fmt: skip
    return SceneMeasurement(**(values | changes))


def test_an_event_gets_its_utc_time_and_fixed_point_fields() -> None:
    assert seal_event(found(), SYNCED) == Sealed(
        Event(
            1, 1_700_000_012_346, 0, "line_crossed", "gate-count", "cam-01", "gate", "person", 7, 873,
            "forward", 1.5, (1_000, 2_000, 3_000, 4_000), 2.0, (), "m/int8",
        )
    )  # fmt: skip


def test_a_measurement_gets_the_utc_start_of_its_period() -> None:
    assert seal_measurement(measured(), SYNCED) == Sealed(
        MeasurementRow(1, 1_700_000_060_000, 60.0, "flow", "cam-01", "gate", "person", "forward", 3.0, 600, 0)
    )


def test_without_a_right_clock_the_fact_is_flagged_and_keeps_its_anchor() -> None:
    sealed = seal_event(found(), UNSYNCED)
    assert isinstance(sealed.fact, Event)
    assert (sealed.fact.clock, sealed.fact.occurred_at_ms) == (2, 13_346)
    assert (sealed.anchor_ms, sealed.boot) == (12_346, "boot")
    assert restamp(sealed.fact, 12_346, SYNCED) == seal_event(found(), SYNCED).fact


def test_a_row_is_stamped_again_as_an_event_is() -> None:
    sealed = seal_measurement(measured(), UNSYNCED)
    right = seal_measurement(measured(), SYNCED)
    assert sealed is not None
    assert right is not None
    assert restamp(sealed.fact, sealed.anchor_ms or 0, SYNCED) == right.fact


def test_holdover_is_told_but_needs_no_second_stamp() -> None:
    sealed = seal_event(found(), ClockReading(0, 1, "boot"))
    assert isinstance(sealed.fact, Event)
    assert (sealed.fact.clock, sealed.anchor_ms) == (1, None)


@pytest.mark.parametrize(
    "odd",
    [
        {"kind": "k" * 200, "rule": "r" * 200, "camera": "c" * 200, "model": "m" * 200},
        {"score": 1.7, "track_id": -4, "xyxy": (-9.0, 9.0, 0.5, 0.5)},
        {"score": math.nan, "value": math.inf, "duration_s": math.nan, "xyxy": (0.0, math.nan, 1.0, 1.0)},
        {"at_s": -1e12},
        {"at_s": 1e15},
    ],
)
def test_whatever_a_rule_gives_the_wire_accepts(odd: dict[str, Any]) -> None:
    fact = seal_event(found(**odd), SYNCED).fact
    assert decode_body(encode_body(fact), Priority.RECORD, 5) is not None


@pytest.mark.parametrize("odd", [{"value": math.nan}, {"value": math.inf}, {"period_s": math.nan}])
def test_a_measurement_that_is_no_number_is_none(odd: dict[str, Any]) -> None:
    assert seal_measurement(measured(**odd), SYNCED) is None


def test_alarms_outrank_records_and_these_measurements() -> None:
    row = seal_measurement(measured(), SYNCED)
    assert row is not None
    facts = [row.fact, seal_event(found(), SYNCED).fact, seal_event(found(kind="intruded"), SYNCED).fact]
    assert [priority_of_fact(fact) for fact in facts] == [
        Priority.MEASUREMENT,
        Priority.RECORD,
        Priority.ALARM,
    ]


def test_damaged_bytes_decode_to_nothing() -> None:
    assert decode_body(b"\xc1", Priority.ALARM, 1) is None
    assert decode_body(encode_body(seal_event(found(), SYNCED).fact)[:-3], Priority.RECORD, 1) is None

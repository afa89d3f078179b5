"""Events become alarms once each: storms, restarts, late commits, clearing, on both databases."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from builders.alarms import Desk, happened, insert_events
from sqlalchemy import Engine

from aggregator.alarms.projection import MOST_EVENTS
from aggregator.places.cameras import CameraPlace
from aggregator.storage.relational.engine import writing

ALARMS = "SELECT kind, state, count, first_at_ms, last_at_ms FROM alarms ORDER BY opened_at_ms, id"


def test_an_event_becomes_an_alarm_with_its_place_and_one_notice(desk: Desk) -> None:
    desk.places.cameras["node-1"] = CameraPlace("node-1", "cam-01", "yard-1", "00001", lat=16.4, lon=107.6)
    desk.places.agencies["00001"] = "police"
    desk.store(happened(), happened("line_crossed"))
    assert desk.project() == 1
    (row,) = desk.rows(
        "SELECT kind, severity, work, state, site, area, agency, lat, count, version, rule FROM alarms"
    )
    assert row == (
        "intruded", "high", "order", "open", "yard-1", "00001", "police", 16.4, 1, 1, "default-intruded",
    )  # fmt: skip
    assert desk.rows("SELECT round, step, due_ms, targets, state FROM alarm_notices") == [
        (0, 0, desk.clock.ms, '["role:operator","agency"]', "waiting")
    ]
    assert [row[0] for row in desk.rows("SELECT action FROM alarm_history ORDER BY id")] == ["opened", "told"]
    assert desk.project() == 0


def test_a_storm_of_equal_events_makes_one_alarm_and_one_notice(desk: Desk) -> None:
    start_ms = desk.clock.ms
    for batch in range(10):
        desk.store(*(happened(occurred_at_ms=start_ms + batch * 1000 + n) for n in range(1000)),
                   received_ms=start_ms + 20_000)  # fmt: skip
    desk.clock.pass_s(20)
    desk.project()
    assert desk.rows(ALARMS) == [("intruded", "open", 10_000, start_ms, start_ms + 9_999)]
    assert desk.rows("SELECT count(*) FROM alarm_notices") == [(1,)]
    assert desk.rows("SELECT count(*) FROM alarm_events") == [(50,)]


def test_a_restart_between_any_two_steps_changes_nothing(desk: Desk) -> None:
    start_ms = desk.clock.ms
    desk.store(*(happened(occurred_at_ms=start_ms + n) for n in range(MOST_EVENTS + 10)))
    desk.projection.step()
    desk.projection = desk.new_projection()
    desk.project()
    assert [row[2] for row in desk.rows(ALARMS)] == [MOST_EVENTS + 10]
    desk.projection = desk.new_projection()
    assert desk.project() == 0


def test_what_fails_half_way_is_taken_once_later(desk: Desk) -> None:
    desk.store(happened(), happened())
    desk.project()
    desk.store(happened())
    asked: list[str] = []

    class AwayError(Exception):
        pass

    def away(category: str, area: str, at: Any = None) -> str:
        del category, area, at
        asked.append("agency")
        raise AwayError

    desk.store(happened(zone_or_line="zone-b"))
    right = desk.places.agency_for
    desk.places.agency_for = away  # type: ignore[method-assign]  # the registry fails
    with pytest.raises(AwayError):
        desk.project()
    desk.places.agency_for = right  # type: ignore[method-assign]
    desk.project()
    assert sorted(row[2] for row in desk.rows(ALARMS)) == [1, 3]
    assert asked == ["agency"]


def test_two_projectors_take_each_event_once(desk: Desk) -> None:
    other = desk.new_projection()
    failed: list[BaseException] = []

    def follow(projection: Any) -> None:
        try:
            for _ in range(60):
                projection.step()
        except Exception as error:  # noqa: BLE001  told to the test below
            failed.append(error)

    threads = [threading.Thread(target=follow, args=(each,)) for each in (desk.projection, other)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        desk.store(*(happened() for _ in range(25)))
    for thread in threads:
        thread.join()
    desk.project()
    assert failed == []
    assert [row[2] for row in desk.rows(ALARMS)] == [500]


def test_an_event_that_commits_late_under_a_lower_id_is_not_passed_over(desk: Desk, engine: Engine) -> None:
    if engine.dialect.name == "sqlite":  # one writer at a time: ids appear in their order
        with writing(engine) as connection:
            insert_events(connection, [happened()], desk.clock.ms)
        desk.project()
        assert [row[2] for row in desk.rows(ALARMS)] == [1]
        return
    desk.project()
    with writing(engine) as slow:
        insert_events(slow, [happened()], desk.clock.ms)
        desk.store(happened(), happened())  # two that got higher ids and commit first
        assert desk.project() == 0
    desk.project()
    assert [row[2] for row in desk.rows(ALARMS)] == [3]


def test_a_camera_that_comes_back_resolves_its_alarm_and_the_next_failure_is_a_new_one(desk: Desk) -> None:
    at_ms = desk.clock.ms
    kinds = ["camera_offline", "camera_offline_recovered", "camera_offline"]
    for number, kind in enumerate(kinds):
        desk.clock.pass_s(60)
        desk.store(happened(kind, occurred_at_ms=at_ms + number * 60_000, zone_or_line=""))
        desk.project()
    assert [row[:3] for row in desk.rows(ALARMS)] == [
        ("camera_offline", "resolved", 1),
        ("camera_offline", "open", 1),
    ]
    closed = desk.rows("SELECT closed_ms, closed_by, verdict, ended_at_ms FROM alarms WHERE state='resolved'")
    assert closed == [(at_ms + 60_000, '{"kind":"system","id":"","name":"matthan"}', None, at_ms + 60_000)]


@pytest.mark.parametrize("together", [True, False])
def test_a_crowd_that_clears_is_noted_and_one_that_forms_again_goes_on(desk: Desk, *, together: bool) -> None:
    at_ms = desk.clock.ms
    desk.clock.pass_s(60)
    for number, kind in enumerate(["crowd_formed", "crowd_cleared", "crowd_formed", "crowd_cleared"]):
        desk.store(happened(kind, occurred_at_ms=at_ms + number * 1000))
        if not together:
            desk.project()
    desk.project()
    assert desk.rows("SELECT state, count, ended_at_ms FROM alarms") == [("open", 2, at_ms + 3000)]


def test_what_comes_hours_late_makes_an_alarm_that_calls_nobody(desk: Desk) -> None:
    before = int((desk.clock.now - timedelta(hours=5)).timestamp() * 1000)
    desk.store(happened(occurred_at_ms=before))
    desk.project()
    assert desk.rows("SELECT is_late, due_ms, first_at_ms FROM alarms") == [(1, None, before)]
    assert desk.rows("SELECT count(*) FROM alarm_notices") == [(0,)]


def test_events_stored_before_there_were_alarms_make_none(desk: Desk) -> None:
    with writing(desk.engine) as connection:
        insert_events(connection, [happened() for _ in range(5)], desk.clock.ms)
        connection.exec_driver_sql("UPDATE alarm_cursor SET through = (SELECT max(id) FROM events)")
    desk.project()
    assert desk.rows(ALARMS) == []


def test_a_clock_that_is_not_set_counts_by_the_servers(desk: Desk) -> None:
    desk.store(happened(occurred_at_ms=1000, clock=2))
    desk.project()
    assert desk.rows("SELECT first_at_ms, is_late FROM alarms") == [(desk.clock.ms, 0)]

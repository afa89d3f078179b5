"""The server's own figures in a real time-series store, of what a real relational store holds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from builders.alarms import Desk, happened

from aggregator.alarms.meter import AlarmMeter
from aggregator.audit.entry import AuditEntry
from aggregator.audit.log import AuditLog
from aggregator.errors import StoreError
from aggregator.identity.security_meter import SecurityMeter
from aggregator.query.service import QueryService
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.influxql.scope import EVERYWHERE
from aggregator.storage.timeseries.influxql_backend import DuckDbBackend
from aggregator.storage.timeseries.meters import Meters, Reading


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDbStore]:
    made = DuckDbStore(tmp_path / "timeseries.duckdb")
    yield made
    made.close()


class Wall:
    """Asks as Grafana does."""

    def __init__(self, desk: Desk, store: DuckDbStore) -> None:
        self._desk = desk
        self._service = QueryService(DuckDbBackend(store.snapshot), lambda: desk.clock.now)

    def ask(self, selected: str, measurement: str, by: str) -> dict[str, object]:
        end_ms = self._desk.clock.ms + 60_000
        text = (
            f'SELECT {selected}("value") AS "value" FROM "{measurement}"'  # noqa: S608  names of the test
            f' WHERE time >= {end_ms - 86_400_000}ms and time <= {end_ms}ms GROUP BY "{by}"'
        )
        answer = self._service.answer(text, {}, EVERYWHERE, database="matthan", policy="")
        return {series.tags[by]: series.rows[0][1] for series in answer.series if series.rows[0][1]}


def test_open_alarms_their_age_and_the_city_stage_are_written(desk: Desk, store: DuckDbStore) -> None:
    desk.store(happened(), happened(zone_or_line="zone-b"), happened("red_light_run"))
    desk.project()
    desk.clock.pass_s(90)
    meters = Meters((AlarmMeter(desk.engine),), store, lambda: desk.clock.now, "0" * 16)
    meters.write()
    wall = Wall(desk, store)
    assert wall.ask("last", "alarms_open_kind", "class") == {"intruded": 2.0, "red_light_run": 1.0}
    assert wall.ask("last", "alarms_open_area", "source") == {"unplaced": 3.0}
    assert wall.ask("last", "alarm_age", "source") == {"order": 90.0, "traffic": 90.0}
    assert wall.ask("last", "city_stage", "source") == {"city": 1.0}
    with desk.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE alarms SET state = 'false', verdict = 'false' WHERE kind = 'intruded'"
        )
        connection.exec_driver_sql(
            "UPDATE alarms SET state = 'resolved', verdict = 'confirmed' WHERE kind <> 'intruded'"
        )
    desk.clock.pass_s(3600)
    meters.write()
    assert wall.ask("last", "alarms_open_kind", "class") == {}
    assert wall.ask("last", "alarm_age", "source") == {}
    assert wall.ask("last", "alarms_judged", "class") == {"confirmed": 1.0, "false": 2.0}
    assert wall.ask("last", "alarm_false_share", "class") == {"intruded": 100.0}


def test_refused_sign_ins_and_audit_entries_add_up(desk: Desk, store: DuckDbStore) -> None:
    log, refused = AuditLog(desk.engine, b"k" * 32), [4]
    log.begin(desk.clock.now)
    meters = Meters(
        (SecurityMeter(desk.engine, lambda: refused[0]),), store, lambda: desk.clock.now, "1" * 16
    )
    for actions in ([], ["user.created", "user.locked"], ["session.begun"]):
        for action in actions:
            log.record(AuditEntry("system", "", "test", action, "user:1", desk.clock.now))
        meters.write()
        refused[0] += 3
        desk.clock.now += timedelta(minutes=1)
    wall = Wall(desk, store)
    assert wall.ask("sum", "audit_entries", "class") == {"user": 2.0, "session": 1.0}
    assert wall.ask("sum", "sign_ins_refused", "node") == {"aggregator": 10.0}


def test_a_meter_that_cannot_be_read_leaves_the_others_theirs(desk: Desk, store: DuckDbStore) -> None:
    def away(_now_ms: int) -> list[Reading]:
        raise StoreError("away")

    def here(_now_ms: int) -> list[Reading]:
        return [Reading("city_stage", 4, "city")]

    Meters((away, here), store, lambda: desk.clock.now, "2" * 16).write()
    assert Wall(desk, store).ask("last", "city_stage", "source") == {"city": 4.0}

"""What time does to reports: due times that follow the calendar, the archive, files that nobody ended."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from builders.alarms import NOON, KnownPlaces, Ticking
from builders.reports import TOKEN, insert_report
from sqlalchemy import Engine, select

from aggregator.audit.log import AuditLog
from aggregator.identity.permissions import Role
from aggregator.identity.principal import Grant, Kind, Principal
from aggregator.places.cameras import CameraPlace
from aggregator.reports.around import Around
from aggregator.reports.building import ReportParts, build_reports
from aggregator.reports.holidays_vn import DayOverride
from aggregator.reports.rulebook import RulebookStore
from aggregator.reports.states import State
from aggregator.storage.relational.engine import make_engine, reading, writing
from aggregator.storage.relational.migrations.upgrade import upgrade
from aggregator.storage.relational.reports_tables import report_history, reports

ADMIN = Principal(Kind.PERSON, "admin", "An", (Grant(Role.ADMIN),))
DIGEST = "ab" * 32


class PlacesOfReports(KnownPlaces):
    """One area, no cameras."""

    def path(self, area: str) -> tuple[str, ...]:
        return (area,) if area == "own" else ()

    def cameras_seeing(self, lat: float, lon: float, slack_m: float = 0.0) -> list[CameraPlace]:
        del lat, lon, slack_m
        return []


class PlainSeals:
    """Seals nothing: no contact is stored here."""

    def seal(self, row: str, address: str) -> bytes:
        return f"{row}:{address}".encode()

    def open(self, row: str, sealed: bytes) -> str:
        return sealed.decode().removeprefix(f"{row}:")


@dataclass
class Town:
    engine: Engine
    parts: ReportParts
    folder: Path
    clock: Ticking = field(default_factory=Ticking)

    def due_ms(self, report: str) -> int:
        with reading(self.engine) as connection:
            found: int = connection.execute(
                select(reports.c.due_ms).where(reports.c.id == report)
            ).scalar_one()
        return found

    def state(self, report: str) -> str:
        with reading(self.engine) as connection:
            found: str = connection.execute(
                select(reports.c.state).where(reports.c.id == report)
            ).scalar_one()
        return found


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    engine = make_engine(f"sqlite:///{tmp_path / 'town.sqlite'}")
    upgrade(engine)
    clock = Ticking()
    log = AuditLog(engine, bytes(32))
    log.begin(clock())
    around = Around(
        engine=engine,
        rules=RulebookStore(engine, log, clock, lambda: clock.ms / 1000),
        places=PlacesOfReports(),
        agency_name=lambda agency: agency,
        seals=PlainSeals(),
        log=log,
        clock=clock,
    )
    yield Town(engine, build_reports(around, tmp_path / "media"), tmp_path / "media", clock)
    engine.dispose()


def test_due_times_follow_the_calendar_and_those_of_answered_reports_stay(town: Town) -> None:
    with writing(town.engine) as connection:
        waiting = insert_report(connection, town.clock.ms, State.VERIFYING, category="traffic-sign")
        answered = insert_report(connection, town.clock.ms, State.PUBLISHED, category="traffic-sign")
    monday = (NOON + timedelta(days=3)).date()
    assert monday == date(2026, 11, 23)
    town.parts.rules.put_day(ADMIN, DayOverride(monday, works=False, why="storm"))
    town.parts.upkeep.tick()
    before = town.due_ms(waiting)
    kept = town.due_ms(answered)
    town.clock.pass_s(2)
    town.parts.rules.remove_day(ADMIN, monday)
    assert town.parts.upkeep.tick() == 1
    # Three days of 450 minutes from noon on Friday: until noon on Wednesday, over Tuesday's holiday
    # (24 November), or a day later when Monday is off.
    assert before - town.due_ms(waiting) == 86_400_000
    assert town.due_ms(answered) == kept
    assert town.parts.upkeep.tick() == 0, "nothing is left to do"


def test_an_answered_report_goes_to_the_archive_when_nobody_may_reopen_it(town: Town) -> None:
    with writing(town.engine) as connection:
        published = insert_report(connection, town.clock.ms, State.PUBLISHED)
        rejected = insert_report(connection, town.clock.ms, State.REJECTED)
        appealed = insert_report(connection, town.clock.ms, State.REVIEWING)
    town.clock.pass_s(30 * 86_400)
    town.parts.upkeep.tick()
    assert town.state(published) == "published"
    town.clock.pass_s(1)
    town.parts.upkeep.tick()
    assert [town.state(each) for each in (published, rejected, appealed)] == [
        "archived",
        "archived",
        "reviewing",
    ]
    with reading(town.engine) as connection:
        query = select(report_history.c.action).where(report_history.c.report == published)
        assert connection.execute(query).scalars().all() == ["archived"]


def test_a_file_that_nobody_ended_goes_after_a_week(town: Town) -> None:
    with writing(town.engine) as connection:
        report = insert_report(connection, town.clock.ms, State.RECEIVED)
    media = town.parts.media
    media.announce(report, TOKEN, DIGEST, 1000)
    media.append(report, TOKEN, DIGEST, 0, b"half")
    town.clock.pass_s(7 * 86_400)
    media.sweep()
    assert media.progress(report, TOKEN, DIGEST).offset == 4
    town.clock.pass_s(1)
    assert media.sweep() == 1
    assert media.mine(report, TOKEN) == []
    assert list((town.folder / report).iterdir()) == []

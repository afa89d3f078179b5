"""Builds the parts of the slice, and starts and stops its threads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine
from uuid6 import uuid7

from aggregator.alarms.batch import Places
from aggregator.alarms.changed import MOST_TOLD, AlarmsChanged
from aggregator.alarms.directory import AgencyName, Directory
from aggregator.alarms.escalator import Escalator
from aggregator.alarms.projection import AlarmProjection
from aggregator.alarms.projector import AlarmProjector
from aggregator.alarms.records import Record
from aggregator.alarms.rules_service import RulePlaces, RulesService
from aggregator.alarms.service import AlarmsService
from aggregator.alarms.stage import StageService
from aggregator.alarms.views import view_alarm
from aggregator.alarms.working import AlarmsWork, Log


class AllPlaces(Places, RulePlaces, Protocol):
    """What the slice asks of the registry of places."""


@dataclass(frozen=True, slots=True)
class AlarmParts:
    """The slice: what HTTP serves, and its threads."""

    service: AlarmsService
    work: AlarmsWork
    directory: Directory
    rules: RulesService
    stage: StageService
    projector: AlarmProjector
    escalator: Escalator

    def start(self) -> None:
        """Start the threads."""
        self.projector.start()
        self.escalator.start()

    def stop(self) -> None:
        """Stop them; each finishes what it is about."""
        self.escalator.stop()
        self.projector.stop()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the slice stands on; `tell` must not block, `measure` asks for new figures now."""

    engine: Engine
    places: AllPlaces
    agency_name: AgencyName
    log: Log
    clock: Callable[[], datetime]
    tell: Callable[[AlarmsChanged], None]
    measure: Callable[[], None]


def build_alarms(around: Surroundings) -> AlarmParts:
    """The parts, not started."""
    engine, clock = around.engine, around.clock

    def on_changed(records: Sequence[Record]) -> None:
        newest = records[-MOST_TOLD:]
        around.tell(AlarmsChanged(tuple(map(view_alarm, newest)), len(records) - len(newest)))

    service = AlarmsService(engine, around.places, clock)
    projection = AlarmProjection(engine, around.places, clock, lambda: str(uuid7()))
    return AlarmParts(
        service=service,
        work=AlarmsWork(engine, service.sight, around.log, clock, on_changed),
        directory=Directory(engine, around.agency_name),
        rules=RulesService(engine, around.places, around.log, clock),
        stage=StageService(engine, around.log, clock, lambda _view: around.measure()),
        projector=AlarmProjector(projection, on_changed),
        escalator=Escalator(engine, clock, on_changed),
    )

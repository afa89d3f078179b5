"""Builds and runs the slice of citizen reports."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from aggregator.config import Config
from aggregator.identity_parts import IdentityParts
from aggregator.notices.sealing import read_sealer
from aggregator.places.service import PlacesService
from aggregator.reports.around import Around
from aggregator.reports.building import ReportParts, build_reports
from aggregator.reports.open311 import Open311
from aggregator.reports.rulebook import RulebookStore

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class ReportsServed:
    """What HTTP serves: the slice, and the façade of Open311 over it."""

    reports: ReportParts
    open311: Open311


@contextlib.contextmanager
def running_reports(
    engine: Engine, places: PlacesService, identity: IdentityParts, *, config: Config, clock: Clock
) -> Iterator[ReportsServed]:
    """The slice, its thread started; raises DataDirError."""

    def agency_name(agency: str) -> str | None:
        found = places.everything().agencies.get(agency)
        return None if found is None else found.name

    around = Around(
        engine=engine,
        rules=RulebookStore(engine, identity.audit, clock, time.monotonic),
        places=places,
        agency_name=agency_name,
        seals=read_sealer(config.data_dir),
        log=identity.audit,
        clock=clock,
    )
    parts = build_reports(around, config.data_dir / "reports")
    facade = Open311(
        around,
        parts.intake,
        identity.identity.principal_of_key,
        jurisdiction=config.reports.jurisdiction,
        contact=config.reports.contact,
    )
    parts.start()
    try:
        yield ReportsServed(parts, facade)
    finally:
        parts.stop()

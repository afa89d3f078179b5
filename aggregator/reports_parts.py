"""Builds and runs the slice of citizen reports."""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from aggregator.audit.log import AuditLog
from aggregator.notices.sealing import read_sealer
from aggregator.places.service import PlacesService
from aggregator.reports.around import Around
from aggregator.reports.building import ReportParts, build_reports
from aggregator.reports.rulebook import RulebookStore


@contextlib.contextmanager
def running_reports(
    engine: Engine, places: PlacesService, log: AuditLog, *, data_dir: Path, clock: Callable[[], datetime]
) -> Iterator[ReportParts]:
    """The slice, its thread started; raises DataDirError."""

    def agency_name(agency: str) -> str | None:
        found = places.everything().agencies.get(agency)
        return None if found is None else found.name

    parts = build_reports(
        Around(
            engine=engine,
            rules=RulebookStore(engine, log, clock, time.monotonic),
            places=places,
            agency_name=agency_name,
            seals=read_sealer(data_dir),
            log=log,
            clock=clock,
        ),
        data_dir / "reports",
    )
    parts.start()
    try:
        yield parts
    finally:
        parts.stop()

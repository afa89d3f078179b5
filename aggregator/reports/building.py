"""Builds the parts of the slice, and starts and stops its thread."""

from dataclasses import dataclass
from pathlib import Path

from aggregator.reports.around import Around
from aggregator.reports.desk import DeskService
from aggregator.reports.intake import Intake
from aggregator.reports.media import MediaService
from aggregator.reports.media_files import MediaFiles
from aggregator.reports.rulebook import RulebookStore
from aggregator.reports.service import ReportsService
from aggregator.reports.upkeep import Upkeep
from aggregator.reports.working import ReportsWork


@dataclass(frozen=True, slots=True)
class ReportParts:
    """The slice: what HTTP serves, and its thread."""

    rules: RulebookStore
    intake: Intake
    work: ReportsWork
    service: ReportsService
    desk: DeskService
    media: MediaService
    upkeep: Upkeep

    def start(self) -> None:
        """Start the thread."""
        self.upkeep.start()

    def stop(self) -> None:
        """Stop it; it finishes what it is about."""
        self.upkeep.stop()


def build_reports(around: Around, media_root: Path) -> ReportParts:
    """The parts, not started; files lie below `media_root`."""
    work = ReportsWork(around)
    service = ReportsService(around, work)
    media = MediaService(around, service, MediaFiles(media_root))
    return ReportParts(
        rules=around.rules,
        intake=Intake(around),
        work=work,
        service=service,
        desk=DeskService(around, service),
        media=media,
        upkeep=Upkeep(around, media.sweep),
    )

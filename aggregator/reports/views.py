"""From what is stored to what is shown. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row

from aggregator.reports.categories import Category
from aggregator.reports.categories import Field as FieldOfWork
from aggregator.reports.masking import masked
from aggregator.reports.records import Report
from aggregator.reports.schemas import (
    CategoryView,
    Followed,
    HistoryView,
    OwnReport,
    OwnStep,
    ReportView,
    TermView,
)
from aggregator.reports.states import ANSWERED, Action, State
from aggregator.reports.working import TOLD
from aggregator.storage.instants import from_ms

_details: Final = msgspec.json.Decoder(dict[str, str])
_APPROVED: Final = frozenset({State.PUBLISHED, State.REVIEWING, State.REJECTED, State.ARCHIVED})
_PLAIN: Final = (
    "id",
    "code",
    "channel",
    "restricted",
    "sensitive",
    "anonymous",
    "lat",
    "lon",
    "address",
    "area",
)


@dataclass(frozen=True, slots=True)
class Beside:
    """What is shown beside a report to whoever sent it.

    Attributes:
        history: rows, the newest first.
        agency: name of the agency that has it.
        original: the report that it was merged into.
        can: steps that the sender may take now.
    """

    history: Iterable[Row[Any]]
    agency: str
    original: Report | None
    can: frozenset[Action]


def view_report(report: Report, now_ms: int, *, whole: bool) -> ReportView:
    """A report for those who work on it; `whole` shows what the reporter wrote to the letter."""
    case = report.case
    return ReportView(
        **{name: getattr(report, name) for name in _PLAIN},
        category=case.category,
        field=FieldOfWork(report.field),
        text=report.text if whole else masked(report.text),
        agency=case.agency,
        occurred_at=from_ms(report.occurred_ms),
        received_at=from_ms(report.received_ms),
        state=case.state,
        version=case.version,
        round=case.round,
        asked=case.asked,
        due_at=_instant(report.due_ms),
        agency_due_at=_instant(report.agency_due_ms),
        overdue=is_overdue(report, now_ms),
        answered_at=_instant(case.answered_ms),
        original=case.original,
        rating=case.rating,
        result=report.result,
        public_text=report.public_text,
        updated_at=from_ms(report.updated_ms),
    )


def is_overdue(report: Report, now_ms: int) -> bool:
    """Whether the reporter waits longer than they should."""
    return report.case.state not in ANSWERED and report.due_ms is not None and report.due_ms < now_ms


def is_late(report: Report) -> bool:
    """Whether the answer came after it was due."""
    answered_ms = report.case.answered_ms
    return answered_ms is not None and report.due_ms is not None and answered_ms > report.due_ms


def view_history(row: Row[Any], *, whole: bool) -> HistoryView:
    """One thing that happened, for those who work on the report."""
    return HistoryView(
        at=from_ms(row.at_ms),
        action=row.action,
        state=State(row.state),
        version=row.version,
        by_kind=row.actor_kind,
        by=row.actor_name,
        text=row.text if whole else masked(row.text),
        detail=_details.decode(row.detail),
    )


def view_own(report: Report, beside: Beside, now_ms: int) -> OwnReport:
    """A report for whoever sent it."""
    case = report.case
    return OwnReport(
        id=report.id,
        code=report.code,
        category=case.category,
        text=report.text,
        lat=report.lat,
        lon=report.lon,
        address=report.address,
        occurred_at=from_ms(report.occurred_ms),
        received_at=from_ms(report.received_ms),
        state=case.state,
        round=case.round,
        version=case.version,
        asked=case.asked,
        agency=beside.agency,
        due_at=_instant(report.due_ms),
        done_at=_instant(case.answered_ms),
        overdue=is_overdue(report, now_ms),
        late=is_late(report),
        result=_told_result(report),
        rating=case.rating,
        follows=None if beside.original is None else _followed(beside.original),
        can=sorted(beside.can),
        history=[_own_step(row) for row in beside.history if row.action != "noted"],
    )


def _followed(report: Report) -> Followed:
    return Followed(
        code=report.code,
        state=report.case.state,
        due_at=_instant(report.due_ms),
        done_at=_instant(report.case.answered_ms),
        result=_told_result(report),
    )


def _told_result(report: Report) -> str:
    """A result is told once it is approved."""
    return report.result if report.case.state in _APPROVED else ""


def view_category(category: Category) -> CategoryView:
    """A category."""
    return CategoryView(
        id=category.id,
        field=category.field,
        vi=category.vi,
        en=category.en,
        answer=TermView(kind=category.answer.kind, minutes=category.answer.minutes),
        handle=TermView(kind=category.handle.kind, minutes=category.handle.minutes),
        restricted=category.restricted,
        sensitive=category.sensitive,
        anonymous=category.anonymous,
        active=category.active,
    )


def _own_step(row: Row[Any]) -> OwnStep:
    return OwnStep(
        at=from_ms(row.at_ms),
        action=row.action,
        state=State(row.state),
        text=row.text if row.action in TOLD or row.actor_kind == "citizen" else "",
    )


def _instant(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)

"""What of a report everybody may see. Pure; the one place that decides it.

Invariants: a restricted report has no public face; words become public by an approval alone, and a place no
sooner than that to the point; a sensitive report never shows more than its neighbourhood. Who sent it is no
part of this.
"""

from dataclasses import dataclass

from aggregator.reports.categories import coarse
from aggregator.reports.masking import masked
from aggregator.reports.records import Report
from aggregator.reports.states import ANSWERED, State

_TOLD = frozenset({State.PUBLISHED, State.REVIEWING, State.REJECTED, State.ARCHIVED})


@dataclass(frozen=True, slots=True)
class PublicFace:
    """A report as everybody may see it; instants are int64 ms UTC."""

    id: str
    code: str
    category: str
    field: str
    area: str
    agency: str
    state: State
    is_closed: bool
    text: str
    result: str
    lat: float | None
    lon: float | None
    address: str
    is_exact: bool
    received_ms: int
    updated_ms: int
    due_ms: int | None
    answered_ms: int | None
    rating: int | None
    original: str


def face_of(report: Report) -> PublicFace | None:
    """The public face of a report; None when it has none."""
    if report.restricted:
        return None
    case = report.case
    approved = case.state in {State.PUBLISHED, State.REVIEWING, State.ARCHIVED} and bool(report.public_text)
    exact = approved and not report.sensitive
    place: tuple[float | None, float | None] = (report.lat, report.lon)
    if not exact and report.lat is not None and report.lon is not None:
        place = coarse(report.lat, report.lon)
    return PublicFace(
        id=report.id,
        code=report.code,
        category=case.category,
        field=report.field,
        area=report.area,
        agency=case.agency,
        state=case.state,
        is_closed=case.state in ANSWERED,
        text=masked(report.public_text) if approved else "",
        result=masked(report.result) if case.state in _TOLD else "",
        lat=place[0],
        lon=place[1],
        address=masked(report.address) if exact else "",
        is_exact=exact,
        received_ms=report.received_ms,
        updated_ms=case.answered_ms if case.answered_ms is not None else report.updated_ms,
        due_ms=report.due_ms,
        answered_ms=case.answered_ms,
        rating=case.rating,
        original=case.original,
    )

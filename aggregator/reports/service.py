"""Reads of reports, within what the caller may see.

Invariant: who may not see a report is told that there is none; nobody reads here who sent it.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import msgspec

from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.reports.around import Around
from aggregator.reports.duplicates import Near, Spot, suggestions
from aggregator.reports.records import Report
from aggregator.reports.repository import Position, ReportFilter, ReportsRepository
from aggregator.reports.schemas import (
    OwnReport,
    ReportDetail,
    ReportPage,
    ReportView,
    Suggestions,
    SuggestionView,
)
from aggregator.reports.views import Beside, view_history, view_own, view_report
from aggregator.reports.working import ReportsWork, no_such_report, own
from aggregator.storage.instants import to_ms
from aggregator.web.cursors import decode_cursor, encode_cursor

_Ms = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Id = Annotated[str, msgspec.Meta(max_length=36)]


class ReportsService:
    """The slice's use cases that read."""

    def __init__(self, around: Around, work: ReportsWork) -> None:
        self._repository = ReportsRepository(around.engine)
        self._agency_name = around.agency_name
        self._clock: Callable[[], datetime] = around.clock
        self._work = work

    def narrowed(self, wanted: ReportFilter, area: str | None, *, overdue: bool) -> ReportFilter:
        """A filter confined to an area with all below it, and to what is overdue now."""
        areas = None if area is None else self._work.within(frozenset({area}))
        return replace(
            wanted, areas=areas, overdue_at_ms=to_ms(self._clock()) if overdue else wanted.overdue_at_ms
        )

    def page(self, who: Principal, wanted: ReportFilter, *, cursor: str | None, limit: int) -> ReportPage:
        """Reports in sight, the newest first."""
        after = None if cursor is None else Position(*decode_cursor(cursor, tuple[_Ms, _Id]))
        found = self._repository.page(wanted, self._work.sight(who), after=after, limit=limit + 1)
        kept = found[:limit]
        last = encode_cursor((kept[-1].received_ms, kept[-1].id)) if len(found) > limit else None
        return ReportPage(items=[self.view(who, each) for each in kept], next_cursor=last)

    def detail(self, who: Principal, report_id: str) -> ReportDetail:
        """One report with all that belongs to it; raises NotFoundError."""
        report = self._seen(who, report_id)
        whole = self._reads_whole(who, report)
        return ReportDetail(
            **self.view(who, report).model_dump(),
            allowed=sorted(self._work.possible(who, report)),
            followers=len(self._repository.subscribers(report_id)),
            history=[view_history(row, whole=whole) for row in self._repository.history(report_id)],
        )

    def view(self, who: Principal, report: Report) -> ReportView:
        """A report in sight as somebody may read it."""
        return view_report(report, to_ms(self._clock()), whole=self._reads_whole(who, report))

    def duplicates(self, who: Principal, report_id: str) -> Suggestions:
        """Others in sight that may tell of the same; raises NotFoundError."""
        report = self._seen(who, report_id)
        if report.lat is None or report.lon is None:
            return Suggestions(items=[])
        spot = Spot(report.id, report.case.category, report.field, report.lat, report.lon, report.occurred_ms)
        sight = self._work.sight(who)
        found = suggestions(spot, self._repository.spots_near(spot, Near(), sight))
        wanted = ReportFilter(ids=tuple(each.id for each in found))
        by_id = {}
        if found:
            page = self._repository.page(wanted, sight, after=None, limit=len(found))
            by_id = {each.id: each for each in page}
        return Suggestions(
            items=[
                SuggestionView(
                    report=self.view(who, by_id[each.id]),
                    distance_m=round(each.distance_m, 1),
                    apart_s=each.apart_ms / 1000,
                    same_category=each.same_category,
                    score=round(each.score, 3),
                )
                for each in found
                if each.id in by_id
            ]
        )

    def mine(self, report_id: str, token: str) -> OwnReport:
        """A report for whoever sent it; raises UnauthenticatedError."""
        return self.view_own(own(self._repository.get(report_id), token))

    def view_own(self, report: Report) -> OwnReport:
        """A report for whoever sent it."""
        beside = Beside(
            history=self._repository.history(report.id),
            agency=(self._agency_name(report.case.agency) or "") if report.case.agency else "",
            original=self._repository.get(report.case.original) if report.case.original else None,
            can=self._work.possible_for_reporter(report),
        )
        return view_own(report, beside, to_ms(self._clock()))

    def _seen(self, who: Principal, report_id: str) -> Report:
        report = self._repository.get(report_id)
        if report is None or not self._work.sight(who).sees(
            report.area, report.case.agency, restricted=report.restricted
        ):
            raise no_such_report()
        return report

    def _reads_whole(self, who: Principal, report: Report) -> bool:
        sight = self._work.sight(who, Permission.REPORTS_IDENTITY)
        return sight.sees(report.area, report.case.agency, restricted=report.restricted)

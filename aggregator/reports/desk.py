"""The hotline's call log, and what people say about the service itself.

Invariant: a caller's number is sealed in the store; feedback on the service is a stream of its own and no
report, so that it neither needs an agency nor counts in the figures of reports.
"""

from typing import Annotated, Any, Final

import msgspec
from sqlalchemy import Row, Select, Table, insert, select, tuple_
from uuid6 import uuid7

from aggregator.identity.principal import Principal
from aggregator.identity.recording import entry_by
from aggregator.reports.around import Around
from aggregator.reports.schemas import (
    CallGiven,
    CallPage,
    CallView,
    FeedbackGiven,
    FeedbackPage,
    FeedbackView,
)
from aggregator.reports.service import ReportsService
from aggregator.storage.instants import from_ms, to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.reports_tables import report_calls, service_feedback
from aggregator.web.cursors import decode_cursor, encode_cursor

_Ms = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Id = Annotated[str, msgspec.Meta(max_length=36)]
_ID: Final = "id"


class DeskService:
    """The slice's use cases beside reports."""

    def __init__(self, around: Around, reports: ReportsService) -> None:
        self._engine = around.engine
        self._seals = around.seals
        self._log = around.log
        self._clock = around.clock
        self._reports = reports

    def log_call(self, who: Principal, given: CallGiven) -> CallView:
        """Write a call down; raises NotFoundError for a report that is not in sight."""
        if given.report:
            self._reports.detail(who, given.report)
        now = self._clock()
        call_id = str(uuid7())
        row = {
            "id": call_id,
            "report": given.report,
            "operator": who.id,
            "operator_name": who.name[:128],
            "direction": given.direction,
            "sealed_phone": self._seals.seal(f"call:{call_id}", given.phone),
            "started_ms": to_ms(given.started_at),
            "duration_s": given.duration_s,
            "note": given.note,
        }
        with writing(self._engine) as connection:
            connection.execute(insert(report_calls).values(**row))
            detail = {"report": given.report, "direction": given.direction}
            self._log.append(connection, entry_by(who, "call.logged", f"call:{call_id}", now, detail=detail))
        return CallView(id=call_id, operator=who.name, **given.model_dump())

    def calls(self, *, cursor: str | None, limit: int) -> CallPage:
        """Calls, the newest first."""
        rows = self._page(report_calls, "started_ms", cursor, limit + 1)
        return CallPage(
            items=[self._call(row) for row in rows[:limit]],
            next_cursor=_cursor(rows, "started_ms", limit),
        )

    def tell(self, given: FeedbackGiven) -> FeedbackView:
        """Take feedback on the service."""
        now_ms = to_ms(self._clock())
        row = {"id": str(uuid7()), "received_ms": now_ms, **given.model_dump()}
        with writing(self._engine) as connection:
            connection.execute(insert(service_feedback).values(**row))
        return FeedbackView(id=str(row["id"]), received_at=from_ms(now_ms), **given.model_dump())

    def feedback(self, *, cursor: str | None, limit: int) -> FeedbackPage:
        """Feedback, the newest first."""
        rows = self._page(service_feedback, "received_ms", cursor, limit + 1)
        items = [
            FeedbackView(
                id=row.id,
                stars=row.stars,
                text=row.text,
                channel=row.channel,
                received_at=from_ms(row.received_ms),
            )
            for row in rows[:limit]
        ]
        return FeedbackPage(items=items, next_cursor=_cursor(rows, "received_ms", limit))

    def _call(self, row: Row[Any]) -> CallView:
        return CallView(
            id=row.id,
            report=row.report,
            operator=row.operator_name,
            direction=row.direction,
            phone=self._seals.open(f"call:{row.id}", bytes(row.sealed_phone)),
            started_at=from_ms(row.started_ms),
            duration_s=row.duration_s,
            note=row.note,
        )

    def _page(self, table: Table, by: str, cursor: str | None, limit: int) -> list[Row[Any]]:
        key = tuple_(table.c[by], table.c[_ID])
        query: Select[Any] = select(table)
        if cursor is not None:
            query = query.where(key < tuple_(*decode_cursor(cursor, tuple[_Ms, _Id])))
        query = query.order_by(table.c[by].desc(), table.c[_ID].desc()).limit(limit)
        with reading(self._engine) as connection:
            return list(connection.execute(query))


def _cursor(rows: list[Row[Any]], by: str, limit: int) -> str | None:
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return encode_cursor((getattr(last, by), last.id))

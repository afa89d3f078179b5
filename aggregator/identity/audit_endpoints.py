"""`/api/v1/audit`: the audit log, for who may read it. Nothing here writes."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query

from aggregator.audit.log import AuditFilter, AuditLog
from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.schemas import AuditHead, AuditPage
from aggregator.identity.views import view_audit
from aggregator.web.cursors import decode_cursor, encode_cursor
from aggregator.web.params import CursorParam, LimitParam
from aggregator.web.responses import problems

_Int = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
_Text = Annotated[str, Query(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]


def audit_router(log: AuditLog, guard: Guard) -> APIRouter:
    """Endpoints over `log`; it tells of everybody, so the permission must hold everywhere."""
    reads = Depends(guard.requires(Permission.AUDIT_READ, everywhere=True))
    router = APIRouter(prefix="/api/v1/audit", tags=["audit"], dependencies=[reads])

    @router.get("", responses=problems(400, 401, 403, 422, 429, 503), summary="Read the audit log")
    def page(
        action: _Text = "",
        subject: _Text = "",
        actor_id: _Text = "",
        cursor: CursorParam = None,
        limit: LimitParam = 100,
    ) -> AuditPage:
        """Who did what, newest first; each filter is an exact value."""
        before = None if cursor is None else decode_cursor(cursor, tuple[_Int])[0]
        found = log.page(AuditFilter(action, subject, actor_id), before=before, limit=limit + 1)
        items = found[:limit]
        more = encode_cursor((items[-1].id,)) if len(found) > limit else None
        return AuditPage(items=[view_audit(row) for row in items], next_cursor=more)

    @router.get("/head", responses=problems(401, 403, 429, 503), summary="Show the end of the audit log")
    def head() -> AuditHead:
        """Number of rows and the seal over them: noted elsewhere, they tell of a log that was put back."""
        rows, seal = log.head()
        return AuditHead(rows=rows, seal=seal)

    return router

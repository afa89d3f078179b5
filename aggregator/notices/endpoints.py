"""`/api/v1/{notice-addresses, warnings, notices}`: who is told where, and what the public is told."""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Path, Response, status
from sqlalchemy import Row

from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.notices.addresses import Address, AddressesService
from aggregator.notices.cap import MsgType
from aggregator.notices.channel import Delivered, Outcome, TryLater
from aggregator.notices.schemas import (
    Addresses,
    AddressGiven,
    AddressView,
    CancelGiven,
    NoticeGiven,
    PublicNoticeView,
    Tested,
    ToldNotices,
    ToldView,
    WarningGiven,
    WarningPage,
    WarningView,
)
from aggregator.notices.warnings_service import WarningsService
from aggregator.storage.instants import from_ms
from aggregator.web.cursors import decode_cursor, encode_cursor
from aggregator.web.idempotency import Idempotency, Once
from aggregator.web.params import CursorParam, LimitParam
from aggregator.web.responses import problems

IdPath = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
_Ms = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Id = Annotated[str, msgspec.Meta(max_length=36)]
_ids: Final = msgspec.json.Decoder(list[str])


def notices_router(
    addresses: AddressesService, warnings: WarningsService, guard: Guard, idempotency: Idempotency
) -> APIRouter:
    """Endpoints over the services."""
    router = APIRouter(prefix="/api/v1", tags=["notices"], responses=problems(401, 403, 422))
    _add_addresses(router, addresses, guard, idempotency)
    _add_warnings(router, warnings, guard, idempotency)
    _add_notices(router, warnings, guard, idempotency)
    return router


def _add_addresses(
    router: APIRouter, service: AddressesService, guard: Guard, idempotency: Idempotency
) -> None:
    ruler = guard.requires(Permission.ALARM_RULES_WRITE)
    Ruler = Annotated[Principal, Depends(ruler)]  # noqa: N806  a type
    Asked = Annotated[Once, Depends(idempotency)]  # noqa: N806  a type

    @router.get("/notice-addresses")
    def addresses(who: Ruler) -> Addresses:
        """Addresses within your areas; what is secret of them is never shown."""
        return Addresses(items=[_address(each) for each in service.all(who)])

    @router.post(
        "/notice-addresses",
        status_code=status.HTTP_201_CREATED,
        response_model=AddressView,
        responses=problems(409),
    )
    def add_address(who: Ruler, given: AddressGiven, once: Asked) -> Response:
        """Add an address: an URL of apprise, or a user id at Zalo."""
        wanted = Address("", given.name, given.target, given.area, given.channel, given.language, 0)
        return once.answer(who.id, 201, lambda: _address(service.add(who, wanted, given.address)))

    @router.delete(
        "/notice-addresses/{address_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(404)
    )
    def remove_address(who: Ruler, address_id: IdPath) -> None:
        """Remove an address."""
        service.remove(who, address_id)

    @router.post("/notice-addresses/{address_id}/test", responses=problems(404))
    def test_address(who: Ruler, address_id: IdPath) -> Tested:
        """Send a test message now and tell what came of it."""
        return _tested(service.test(who, address_id))


def _add_warnings(
    router: APIRouter, service: WarningsService, guard: Guard, idempotency: Idempotency
) -> None:
    Reader = Annotated[Principal, Depends(guard.requires(Permission.NOTICES_READ))]  # noqa: N806  a type
    Sender = Annotated[Principal, Depends(guard.requires(Permission.NOTICES_SEND))]  # noqa: N806  a type
    Asked = Annotated[Once, Depends(idempotency)]  # noqa: N806  a type

    @router.get("/warnings", responses=problems(400))
    def warnings(_who: Reader, cursor: CursorParam = None, limit: LimitParam = 100) -> WarningPage:
        """Messages of public warnings, newest first."""
        after = None if cursor is None else decode_cursor(cursor, tuple[_Ms, _Id])
        found = service.page(after=after, limit=limit + 1)
        more = len(found) > limit
        last = found[:limit][-1] if more else None
        return WarningPage(
            items=[_warning(row) for row in found[:limit]],
            next_cursor=encode_cursor((last.sent_ms, last.id)) if last is not None else None,
        )

    @router.post(
        "/warnings",
        status_code=status.HTTP_201_CREATED,
        response_model=WarningView,
        responses=problems(409),
    )
    def issue(who: Sender, given: WarningGiven, once: Asked) -> Response:
        """Warn the public: a CAP 1.2 alert."""
        return once.answer(who.id, 201, lambda: _warning(service.issue(who, given)))

    @router.post("/warnings/{warning_id}/update", response_model=WarningView, responses=problems(404, 409))
    def update(who: Sender, warning_id: IdPath, given: WarningGiven, once: Asked) -> Response:
        """Replace a warning by another."""
        return once.answer(who.id, 200, lambda: _warning(service.update(who, warning_id, given)))

    @router.post("/warnings/{warning_id}/cancel", response_model=WarningView, responses=problems(404, 409))
    def cancel(who: Sender, warning_id: IdPath, given: CancelGiven, once: Asked) -> Response:
        """End a warning."""
        return once.answer(who.id, 200, lambda: _warning(service.cancel(who, warning_id, given.reason)))


def _add_notices(router: APIRouter, service: WarningsService, guard: Guard, idempotency: Idempotency) -> None:
    reads = Depends(guard.requires(Permission.NOTICES_READ))
    Sender = Annotated[Principal, Depends(guard.requires(Permission.NOTICES_SEND))]  # noqa: N806  a type
    Asked = Annotated[Once, Depends(idempotency)]  # noqa: N806  a type

    @router.get("/notices", dependencies=[reads])
    def told(limit: LimitParam = 100) -> ToldNotices:
        """Notices to citizens, newest first: also those to come, those that are over and those withdrawn."""
        return ToldNotices(items=[_told(row) for row in service.told(limit)])

    @router.post(
        "/notices",
        status_code=status.HTTP_201_CREATED,
        response_model=PublicNoticeView,
        responses=problems(409),
    )
    def tell(who: Sender, given: NoticeGiven, once: Asked) -> Response:
        """Tell the citizens of areas something, for a time."""
        return once.answer(who.id, 201, lambda: view_notice(service.tell(who, given)))

    @router.delete("/notices/{notice_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(404))
    def withdraw(who: Sender, notice_id: IdPath) -> None:
        """Take a notice back."""
        service.withdraw(who, notice_id)


def view_notice(row: Row[Any]) -> PublicNoticeView:
    """A notice as citizens see it."""
    return PublicNoticeView(
        id=row.id,
        title_vi=row.title_vi,
        title_en=row.title_en,
        text_vi=row.text_vi,
        text_en=row.text_en,
        areas=_ids.decode(row.areas),
        from_at=from_ms(row.from_ms),
        until_at=from_ms(row.until_ms),
    )


def _told(row: Row[Any]) -> ToldView:
    withdrawn = None if row.withdrawn_ms is None else from_ms(row.withdrawn_ms)
    shown = view_notice(row).model_dump()
    return ToldView(**shown, created_at=from_ms(row.created_ms), by=row.created_by, withdrawn_at=withdrawn)


def _address(address: Address) -> AddressView:
    return AddressView(
        id=address.id,
        name=address.name,
        target=address.target,
        area=address.area,
        channel=address.channel,
        language=address.language,
        created_at=from_ms(address.created_ms),
    )


def _tested(outcome: Outcome) -> Tested:
    match outcome:
        case Delivered():
            return Tested(outcome="sent", reason="")
        case TryLater(reason):
            return Tested(outcome="try_later", reason=reason)
        case _:
            return Tested(outcome="refused", reason=outcome.reason)


def _warning(row: Row[Any]) -> WarningView:
    return WarningView(
        id=row.id,
        root=row.root,
        msg_type=MsgType(row.kind),
        sent_at=from_ms(row.sent_ms),
        expires_at=from_ms(row.expires_ms),
        replaced_by=row.replaced_by,
        areas=_ids.decode(row.areas),
        asked=WarningGiven.model_validate_json(row.body),
        by=row.created_by,
        url=f"/public/warnings/{row.id}.xml",
    )

"""Issues public warnings, updates and cancels them; tells citizens of areas what holds there.

Invariants: a message that went out stays as it was; of a chain the last holds; one update wins, a second at
the same time is refused; each is in the audit log, in its transaction; nobody warns beyond their areas.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import Connection, Engine, Row, insert, select, tuple_, update
from uuid6 import uuid7

from aggregator.errors import CallerError, ConflictError, ForbiddenError, NotFoundError
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.identity.recording import entry_by
from aggregator.notices.addresses import Log
from aggregator.notices.cap import (
    Alert,
    CapArea,
    Circle,
    MsgType,
    Reference,
    Text,
    faults,
    render,
)
from aggregator.notices.outbox import Within
from aggregator.notices.schemas import NoticeGiven, WarningGiven
from aggregator.storage.instants import from_ms, to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.notices_tables import public_notices, public_warnings

_SEND: Final = Permission.NOTICES_SEND
_MOST_SHOWN: Final = 200
_MOST_CHAIN: Final = 200
_w = public_warnings.c
_n = public_notices.c
_ids: Final = msgspec.json.Decoder(list[str])


class Registry(Within, Protocol):
    """What warnings ask of the registry of places."""

    def path(self, area: str, at: date | None = None) -> tuple[str, ...]:
        """An area and those above it."""

    def name_of_area(self, area: str) -> tuple[str, str] | None:
        """Its name and official code; None when there is no such area."""


class BadWarningError(CallerError):
    """It cannot go out as it is."""

    status = 422
    code = "bad_warning"
    title = "Not a possible warning"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who warns: CAP's sender (a name that is unique in the world) and its name for people."""

    id: str
    name: str


class WarningsService:
    """The use cases; `clock` gives aware UTC."""

    def __init__(
        self, engine: Engine, places: Registry, log: Log, clock: Callable[[], datetime], sender: Sender
    ) -> None:
        self._engine = engine
        self._places = places
        self._log = log
        self._clock = clock
        self._sender = sender

    def issue(self, who: Principal, given: WarningGiven) -> Row[Any]:
        """Warn; raises BadWarningError, ForbiddenError."""
        return self._send(who, MsgType.ALERT, given, "", "")

    def update(self, who: Principal, warning_id: str, given: WarningGiven) -> Row[Any]:
        """Replace a warning; raises NotFoundError, ConflictError, BadWarningError, ForbiddenError."""
        return self._send(who, MsgType.UPDATE, given, warning_id, "")

    def cancel(self, who: Principal, warning_id: str, reason: str) -> Row[Any]:
        """End a warning; raises NotFoundError, ConflictError, ForbiddenError."""
        before = WarningGiven.model_validate_json(self.get(warning_id).body)
        return self._send(who, MsgType.CANCEL, before, warning_id, reason)

    def get(self, warning_id: str) -> Row[Any]:
        """One message; raises NotFoundError."""
        with reading(self._engine) as connection:
            return _get(connection, warning_id)

    def page(self, *, after: tuple[int, str] | None, limit: int) -> Sequence[Row[Any]]:
        """Messages, newest first."""
        query = select(public_warnings).order_by(_w.sent_ms.desc(), _w.id.desc()).limit(limit)
        if after is not None:
            query = query.where(tuple_(_w.sent_ms, _w.id) < after)
        with reading(self._engine) as connection:
            return connection.execute(query).all()

    def in_force(self) -> Sequence[Row[Any]]:
        """Messages for the public feed: those that hold, and cancellations until they would have expired."""
        query = (
            select(public_warnings)
            .where(_w.replaced_by == "", _w.expires_ms > to_ms(self._clock()))
            .order_by(_w.sent_ms.desc(), _w.id.desc())
            .limit(_MOST_SHOWN)
        )
        with reading(self._engine) as connection:
            return connection.execute(query).all()

    def tell(self, who: Principal, given: NoticeGiven) -> Row[Any]:
        """Tell citizens something; raises BadWarningError, ForbiddenError."""
        self._must_reach(who, given.areas)
        now = self._clock()
        values = {
            "id": str(uuid7()),
            **given.model_dump(include={"title_vi", "title_en", "text_vi", "text_en"}),
            "areas": _json(given.areas),
            "from_ms": to_ms(given.from_at),
            "until_ms": to_ms(given.until_at),
            "created_ms": to_ms(now),
            "created_by": who.name[:128],
        }
        with writing(self._engine) as connection:
            connection.execute(insert(public_notices).values(**values))
            self._record(
                connection, who, "notice.published", f"notice:{values['id']}", now=now, areas=given.areas
            )
            return connection.execute(select(public_notices).where(_n.id == values["id"])).one()

    def withdraw(self, who: Principal, notice_id: str) -> None:
        """Take a notice to citizens back; raises NotFoundError, ForbiddenError."""
        now = self._clock()
        with writing(self._engine) as connection:
            row = connection.execute(select(public_notices).where(_n.id == notice_id)).one_or_none()
            if row is None:
                raise NotFoundError("there is no such notice; GET /public/notices lists those in force")
            areas = _ids.decode(row.areas)
            self._must_reach(who, areas)
            if row.withdrawn_ms is None:
                values = {"withdrawn_ms": to_ms(now)}
                connection.execute(update(public_notices).where(_n.id == notice_id).values(**values))
                self._record(connection, who, "notice.withdrawn", f"notice:{notice_id}", now=now, areas=areas)

    def told(self, limit: int) -> Sequence[Row[Any]]:
        """Notices to citizens, those to come, over and withdrawn too, newest first."""
        query = select(public_notices).order_by(_n.created_ms.desc(), _n.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            return connection.execute(query).all()

    def notices(self, area: str | None) -> list[Row[Any]]:
        """Notices in force, of an area those for it and for all above it, newest first."""
        now_ms = to_ms(self._clock())
        query = (
            select(public_notices)
            .where(_n.from_ms <= now_ms, _n.until_ms > now_ms, _n.withdrawn_ms.is_(None))
            .order_by(_n.from_ms.desc(), _n.id.desc())
        )
        mine = None if area is None else {area, *self._places.path(area)}
        with reading(self._engine) as connection:
            found = []
            for row in connection.execute(query):
                areas = _ids.decode(row.areas)
                if mine is None or not areas or mine & set(areas):
                    found.append(row)
                if len(found) == _MOST_SHOWN:
                    break
        return found

    def _send(
        self, who: Principal, kind: MsgType, given: WarningGiven, replaced: str, reason: str
    ) -> Row[Any]:
        self._must_reach(who, given.areas)
        now = self._clock()
        new_id = str(uuid7())
        with writing(self._engine) as connection:
            chain = self._replace(connection, who, replaced, new_id) if replaced else []
            alert = self._alert(new_id, kind, given, chain, now=now, reason=reason)
            if wrong := faults(alert):
                raise BadWarningError("; ".join(wrong))
            if kind is not MsgType.CANCEL and alert.expires <= now:
                raise BadWarningError("it has expired already: give a later expires_at")
            values = {
                "id": new_id,
                "root": chain[0].root if chain else new_id,
                "kind": kind.value,
                "sent_ms": to_ms(alert.sent),
                "expires_ms": to_ms(alert.expires),
                "areas": _json(given.areas),
                "body": given.model_dump_json(),
                "xml": render(alert),
                "created_by": who.name[:128],
            }
            connection.execute(insert(public_warnings).values(**values))
            action = {MsgType.ALERT: "issued", MsgType.UPDATE: "updated", MsgType.CANCEL: "cancelled"}[kind]
            self._record(
                connection,
                who,
                f"warning.{action}",
                f"warning:{new_id}",
                now=now,
                areas=given.areas,
                reason=reason,
            )
            return _get(connection, new_id)

    def _replace(
        self, connection: Connection, who: Principal, replaced: str, new_id: str
    ) -> Sequence[Row[Any]]:
        """Mark the message as replaced and give its chain, the first first."""
        before = _get(connection, replaced)
        self._must_reach(who, _ids.decode(before.areas))
        is_open = (_w.id == replaced, _w.replaced_by == "", _w.kind != MsgType.CANCEL.value)
        done = connection.execute(update(public_warnings).where(*is_open).values(replaced_by=new_id))
        if not done.rowcount:
            raise ConflictError(
                "this message was replaced or cancelled meanwhile: take the last of its chain"
            )
        query = select(public_warnings).where(_w.root == before.root)
        return connection.execute(query.order_by(_w.sent_ms, _w.id).limit(_MOST_CHAIN)).all()

    def _alert(
        self,
        new_id: str,
        kind: MsgType,
        given: WarningGiven,
        chain: Sequence[Row[Any]],
        *,
        now: datetime,
        reason: str,
    ) -> Alert:
        effective = now if kind is MsgType.CANCEL else given.effective_at or now
        texts = [Text("vi-VN", given.vi.event, given.vi.headline, given.vi.description, given.vi.instruction)]
        if given.en is not None:
            en = given.en
            texts.append(Text("en-US", en.event, en.headline, en.description, en.instruction))
        return Alert(
            identifier=new_id,
            sender=self._sender.id,
            sender_name=self._sender.name,
            sent=now,
            status=given.status,
            msg_type=kind,
            category=given.category,
            urgency=given.urgency,
            severity=given.severity,
            certainty=given.certainty,
            effective=effective,
            onset=given.onset_at or effective,
            expires=max(given.expires_at, from_ms(to_ms(now) + 3_600_000))
            if kind is MsgType.CANCEL
            else given.expires_at,
            texts=tuple(texts),
            areas=self._areas(given),
            references=tuple(Reference(self._sender.id, row.id, from_ms(row.sent_ms)) for row in chain),
            note=reason,
        )

    def _areas(self, given: WarningGiven) -> tuple[CapArea, ...]:
        found = []
        for area in given.areas:
            known = self._places.name_of_area(area)
            if known is None:
                raise BadWarningError(f"there is no area {area!r}: GET /api/v1/areas lists them")
            found.append(CapArea(known[0], geocodes=(known[1],) if known[1] else ()))
        if given.polygons or given.circles:
            shape = CapArea(
                found[0].description,
                tuple(tuple(ring) for ring in given.polygons),
                tuple(Circle(each.lat, each.lon, each.radius_km) for each in given.circles),
            )
            found.append(shape)
        return tuple(found)

    def _must_reach(self, who: Principal, areas: Sequence[str]) -> None:
        mine = self._places.within(who.areas_for(_SEND))
        if mine is None:
            return
        if not areas or not set(areas) <= mine:
            raise ForbiddenError("this reaches beyond your areas: name areas that lie within them")

    def _record(
        self,
        connection: Connection,
        who: Principal,
        action: str,
        subject: str,
        *,
        now: datetime,
        areas: Sequence[str],
        reason: str = "",
    ) -> None:
        area = areas[0] if len(areas) == 1 else ""
        detail = {"areas": " ".join(areas)[:500]} | ({"reason": reason} if reason else {})
        self._log.append(connection, entry_by(who, action, subject, now, area=area, detail=detail))


def _get(connection: Connection, warning_id: str) -> Row[Any]:
    row = connection.execute(select(public_warnings).where(_w.id == warning_id)).one_or_none()
    if row is None:
        raise NotFoundError("there is no such warning; GET /public/warnings.atom lists those in force")
    return row


def _json(areas: Sequence[str]) -> str:
    return msgspec.json.encode(list(areas)).decode()

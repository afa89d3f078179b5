"""`/public/warnings.atom`, `/public/warnings/{id}.xml`, `/public/notices`: without credentials.

Cacheable: what a message says never changes; the lists may be half a minute old.
"""

import hashlib
import xml.etree.ElementTree as ET  # written, never parsed
from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response
from sqlalchemy import Row

from aggregator.notices.endpoints import view_notice
from aggregator.notices.schemas import PublicNotices, WarningGiven
from aggregator.notices.warnings_service import WarningsService
from aggregator.storage.instants import from_ms
from aggregator.web.responses import problems

_ATOM: Final = "application/atom+xml"
_CAP: Final = "application/cap+xml"
_SOON: Final = "public, max-age=30"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_EPOCH: Final = "1970-01-01T00:00:00+00:00"
Known = Annotated[str | None, Header(alias="If-None-Match", max_length=200)]


def public_router(service: WarningsService, title: str) -> APIRouter:
    """Endpoints for everybody."""
    router = APIRouter(prefix="/public", tags=["public"], responses=problems(422))

    @router.get(
        "/warnings.atom",
        response_class=Response,
        responses={200: {"content": {_ATOM: {}}}, 304: {"description": "Not Modified"}},
    )
    def feed(request: Request, known: Known = None) -> Response:
        """Warnings in force, as an Atom feed of CAP 1.2 messages."""
        base = str(request.base_url).rstrip("/")
        return _cached(_feed(service.in_force(), base, title), _ATOM, _SOON, known)

    @router.get(
        "/warnings/{warning_id}.xml",
        response_class=Response,
        responses={200: {"content": {_CAP: {}}}, 304: {"description": "Not Modified"}, **problems(404)},
    )
    def warning(
        warning_id: Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")], known: Known = None
    ) -> Response:
        """One message, CAP 1.2."""
        return _cached(service.get(warning_id).xml, _CAP, _FOR_EVER, known)

    @router.get("/notices")
    def notices(
        response: Response,
        area: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,36}$")] = None,
    ) -> PublicNotices:
        """Notices in force: of an area, those for it and for all above it."""
        response.headers["Cache-Control"] = _SOON
        return PublicNotices(items=[view_notice(row) for row in service.notices(area)])

    return router


def _cached(text: str, media_type: str, control: str, known: str | None) -> Response:
    body = text.encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": control}
    if known is not None and tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _feed(rows: Sequence[Row[Any]], base: str, title: str) -> str:
    root = ET.Element("feed", xmlns="http://www.w3.org/2005/Atom")
    _add(root, "id", f"{base}/public/warnings.atom")
    _add(root, "title", title)
    _add(root, "updated", from_ms(rows[0].sent_ms).isoformat() if rows else _EPOCH)
    ET.SubElement(root, "link", rel="self", href=f"{base}/public/warnings.atom")
    author = ET.SubElement(root, "author")
    _add(author, "name", title)
    for row in rows:
        asked = WarningGiven.model_validate_json(row.body)
        entry = ET.SubElement(root, "entry")
        _add(entry, "id", f"urn:uuid:{row.id}")
        _add(entry, "title", f"{row.kind}: {asked.vi.headline}")
        _add(entry, "updated", from_ms(row.sent_ms).isoformat())
        _add(entry, "summary", asked.vi.description)
        ET.SubElement(entry, "link", type=_CAP, href=f"{base}/public/warnings/{row.id}.xml")
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text

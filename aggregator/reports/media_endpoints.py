"""Files of reports: sent with the report's token, in pieces or at once; shown to those who work on it.

As tus: announce, send pieces with `Upload-Offset`, ask how far it is after a break. A piece has at
most 1 MiB, as any request.
"""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response, status
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.reports.building import ReportParts
from aggregator.reports.media import MOST_RECORDING, MediaState, Medium
from aggregator.reports.params import IdPath, Token
from aggregator.reports.schemas import Given
from aggregator.web.responses import problems

_DIGEST = r"^[0-9a-f]{64}$"
_OFFSET: Final = "Upload-Offset"
_LENGTH: Final = "Upload-Length"
DigestPath = Annotated[str, Path(pattern=_DIGEST)]
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_SEEN: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/jpeg": {}, "video/mp4": {}, "audio/mp4": {}}}
}


class FileGiven(Given):
    """A file that will be sent."""

    sha256: Annotated[str, Field(pattern=_DIGEST)]
    bytes: Annotated[int, Field(ge=1, le=MOST_RECORDING)]


class FileView(BaseModel):
    """A file of a report."""

    sha256: Annotated[str, Field(description="of the file as it was sent")]
    bytes: int
    offset: Annotated[int, Field(description="how much of it has come")]
    state: MediaState
    reason: Annotated[str, Field(description="why it was refused")]
    type: str
    width: int | None
    height: int | None


class Files(BaseModel):
    """In the order in which they were announced."""

    items: list[FileView]


class _At:
    """Which file of which report, and the report's token."""

    def __init__(self, report: IdPath, sha256: DigestPath, token: Token) -> None:
        self.report = report
        self.sha256 = sha256
        self.token = token


def media_router(parts: ReportParts, guard: Guard) -> APIRouter:
    """Endpoints over the slice's service."""
    router = APIRouter(prefix="/api/v1/reports/{report}", tags=["citizens"], responses=problems(422))
    _add_sending(router, parts)
    _add_showing(router, parts, guard)
    return router


def _add_sending(router: APIRouter, parts: ReportParts) -> None:
    media = parts.media
    answers = problems(400, 401, 404, 409, 413)

    @router.post("/media", status_code=status.HTTP_201_CREATED, summary="Announce a file", responses=answers)
    def announce(report: IdPath, token: Token, given: FileGiven, response: Response) -> FileView:
        """The same file announced again gives how far it is."""
        medium, is_new = media.announce(report, token, given.sha256, given.bytes)
        return _answered(response, medium, is_new=is_new)

    @router.head("/media/{sha256}", status_code=status.HTTP_204_NO_CONTENT, include_in_schema=False)
    def progress(report: IdPath, sha256: DigestPath, token: Token, response: Response) -> None:
        """`Upload-Offset` and `Upload-Length`."""
        _tell(response, media.progress(report, token, sha256))

    @router.patch(
        "/media/{sha256}",
        responses=answers,
        openapi_extra=_BODY,
        summary="Send a piece",
    )
    async def append(
        at: Annotated[_At, Depends()],
        offset: Annotated[int, Header(alias=_OFFSET, ge=0, le=MOST_RECORDING)],
        request: Request,
        response: Response,
    ) -> FileView:
        """What follows `Upload-Offset`; the last piece ends it, and the file is checked and cleaned."""
        data = await request.body()
        medium = await run_in_threadpool(media.append, at.report, at.token, at.sha256, offset, data)
        return _answered(response, medium, is_new=False)

    @router.put(
        "/media/{sha256}",
        status_code=status.HTTP_201_CREATED,
        responses={200: {"model": FileView, "description": "it was here already"}, **answers},
        openapi_extra=_BODY,
        summary="Send a small file at once",
    )
    async def put(at: Annotated[_At, Depends()], request: Request, response: Response) -> FileView:
        """At most 1 MiB; larger ones go in pieces."""
        data = await request.body()
        medium, is_new = await run_in_threadpool(media.put, at.report, at.token, at.sha256, data)
        return _answered(response, medium, is_new=is_new)

    @router.get("/mine/media", summary="List my files", responses=problems(401))
    def mine(report: IdPath, token: Token) -> Files:
        """The files of one's own report, and how far they are."""
        return Files(items=[_view(each) for each in media.mine(report, token)])


def _add_showing(router: APIRouter, parts: ReportParts, guard: Guard) -> None:
    Reader = Annotated[Principal, Depends(guard.requires(Permission.REPORTS_READ))]  # noqa: N806  a type
    answers = problems(401, 403, 404)

    @router.get("/media", summary="List the files of a report", responses=answers)
    def files(report: IdPath, who: Reader) -> Files:
        """Of a report that the caller may see."""
        return Files(items=[_view(each) for each in parts.media.of(who, report)])

    @router.get(
        "/media/{sha256}", response_class=FileResponse, responses={**answers, **_SEEN}, summary="Show a file"
    )
    def content(
        report: IdPath,
        sha256: DigestPath,
        who: Reader,
        size: Annotated[Literal["whole", "small"], Query(description="`small` of pictures alone")] = "whole",
    ) -> FileResponse:
        """As it was cleaned."""
        path, media_type = parts.media.content(who, report, sha256, small=size == "small")
        headers = {"Content-Disposition": "inline", "Cache-Control": "private, max-age=86400, immutable"}
        return FileResponse(path, media_type=media_type, headers=headers)


def _answered(response: Response, medium: Medium, *, is_new: bool) -> FileView:
    response.status_code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    _tell(response, medium)
    return _view(medium)


def _tell(response: Response, medium: Medium) -> None:
    response.headers[_OFFSET] = str(medium.offset)
    response.headers[_LENGTH] = str(medium.bytes)


def _view(medium: Medium) -> FileView:
    return FileView(
        sha256=medium.sha256,
        bytes=medium.bytes,
        offset=medium.offset,
        state=medium.state,
        reason=medium.reason,
        type=medium.type,
        width=medium.width,
        height=medium.height,
    )

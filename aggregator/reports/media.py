"""Takes the files of reports in: announced, sent in pieces that may be sent again, checked, cleaned, kept.

Invariants: nothing is kept but what was cleaned; the file that was sent is gone as soon as that is done; a
file that was sent before is not sent again; how many files, bytes and cleanings there may be at once is
bounded.

Threads: any; a semaphore bounds how many files are decoded at once.
"""

import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from aggregator.errors import CallerError, ConflictError, NotFoundError, TooLargeError
from aggregator.identity.principal import Principal
from aggregator.reports.around import Around
from aggregator.reports.media_files import SMALL, MediaFiles, Part, digest_of
from aggregator.reports.pictures import BadPictureError, redrawn
from aggregator.reports.recordings import BadRecordingError, Sort, is_recording, scrub
from aggregator.reports.records import Report
from aggregator.reports.repository import ReportsRepository
from aggregator.reports.service import ReportsService
from aggregator.reports.states import ANSWERED
from aggregator.reports.working import own
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.reports_tables import report_media, reports

MOST_FILES: Final = 10
MOST_BYTES: Final = 200 << 20
MOST_RECORDING: Final = 100 << 20
MOST_PICTURE: Final = 20 << 20
KEPT_UNFINISHED_MS: Final = 7 * 86_400_000
_AT_ONCE: Final = 2
_SWEPT_AT_ONCE: Final = 200
_SUFFIX: Final = {"image/jpeg": ".jpg", "video/mp4": ".mp4", "audio/mp4": ".m4a"}


class MediaState(StrEnum):
    """How far a file is."""

    UPLOADING = "uploading"
    READY = "ready"
    REFUSED = "refused"


class WrongOffsetError(ConflictError):
    """The piece does not follow what has come."""

    code = "wrong_offset"
    title = "Piece out of place"


class WrongDigestError(CallerError):
    """What came is not what was announced."""

    code = "wrong_digest"
    title = "Not the announced file"


class TooManyFilesError(CallerError):
    """The report has as many files as it may."""

    code = "too_many_files"
    title = "Too many files"


@dataclass(frozen=True, slots=True)
class Medium:
    """A file of a report; `offset` is how much of it has come."""

    report: str
    sha256: str
    bytes: int
    offset: int
    state: MediaState
    reason: str
    type: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class _Cleaned:
    """What is kept of a file: its type, its bytes, and of a picture a small one and its size."""

    type: str
    data: bytes
    small: bytes = b""
    width: int | None = None
    height: int | None = None


class MediaService:
    """The slice's use cases about files."""

    def __init__(self, around: Around, reports_service: ReportsService, files: MediaFiles) -> None:
        self._engine = around.engine
        self._repository = ReportsRepository(around.engine)
        self._clock = around.clock
        self._reports = reports_service
        self._files = files
        self._decoding = threading.BoundedSemaphore(_AT_ONCE)

    def announce(self, report_id: str, token: str, sha256: str, size: int) -> tuple[Medium, bool]:
        """Begin a file, or find out how far it is; whether it is new. Raises CallerError."""
        if size > MOST_RECORDING:
            raise TooLargeError(
                f"a file may have {MOST_RECORDING >> 20} MB: shorten the recording, or send a smaller picture"
            )
        with writing(self._engine) as connection:
            report = self._own(connection, report_id, token)
            row = _row(connection, report_id, sha256)
            if row is not None:
                return self._medium(row), False
            self._check_room(connection, report, size)
            connection.execute(
                insert(report_media).values(
                    report=report_id,
                    sha256=sha256,
                    bytes=size,
                    state=MediaState.UPLOADING.value,
                    at_ms=to_ms(self._clock()),
                )
            )
        return Medium(report_id, sha256, size, 0, MediaState.UPLOADING, "", "", None, None), True

    def progress(self, report_id: str, token: str, sha256: str) -> Medium:
        """How far a file is; raises NotFoundError, UnauthenticatedError."""
        own(self._repository.get(report_id), token)
        return self._found(report_id, sha256)

    def append(self, report_id: str, token: str, sha256: str, offset: int, data: bytes) -> Medium:
        """Take the next piece; the last one ends it. Raises ConflictError, CallerError."""
        own(self._repository.get(report_id), token)
        with self._files.part(report_id, sha256) as part:
            # Read under the part's lock, so that one that has just ended is not begun again.
            medium = self._found(report_id, sha256)
            if medium.state is not MediaState.UPLOADING:
                self._files.drop_part(report_id, sha256)
                return medium
            if offset != part.size:
                raise WrongOffsetError(
                    f"the file has {part.size} of {medium.bytes} bytes: send what follows, "
                    f"with Upload-Offset {part.size}"
                )
            if offset + len(data) > medium.bytes:
                raise TooLargeError(f"the file was announced with {medium.bytes} bytes: announce it anew")
            part.append(data)
            if part.size < medium.bytes:
                return self._found(report_id, sha256)
            return self._end(part, medium)

    def put(self, report_id: str, token: str, sha256: str, data: bytes) -> tuple[Medium, bool]:
        """Take a small file in one piece; whether it is new."""
        if digest_of(data) != sha256:
            raise WrongDigestError("the file is not the one of this SHA-256: send it again")
        medium, is_new = self.announce(report_id, token, sha256, len(data))
        if medium.state is not MediaState.UPLOADING:
            return medium, is_new
        rest = data[medium.offset :]
        return self.append(report_id, token, sha256, medium.offset, rest), is_new

    def sweep(self) -> int:
        """Forget files that were begun and not ended in `KEPT_UNFINISHED_MS`; how many. Raises StoreError."""
        over_ms = to_ms(self._clock()) - KEPT_UNFINISHED_MS
        old = (
            select(report_media)
            .where(report_media.c.state == MediaState.UPLOADING.value, report_media.c.at_ms < over_ms)
            .order_by(report_media.c.at_ms)
            .limit(_SWEPT_AT_ONCE)
        )
        with reading(self._engine) as connection:
            found = [self._medium(row) for row in connection.execute(old)]
        for medium in found:
            self._forget(medium)
        return len(found)

    def of(self, who: Principal, report_id: str) -> list[Medium]:
        """The files of a report in sight; raises NotFoundError."""
        self._reports.detail(who, report_id)
        return self._all(report_id)

    def mine(self, report_id: str, token: str) -> list[Medium]:
        """The files of one's own report; raises UnauthenticatedError."""
        own(self._repository.get(report_id), token)
        return self._all(report_id)

    def content(self, who: Principal, report_id: str, sha256: str, *, small: bool) -> tuple[Path, str]:
        """Where a file in sight lies, and its type; raises NotFoundError."""
        self._reports.detail(who, report_id)
        return self._content(report_id, sha256, small=small)

    def _content(self, report_id: str, sha256: str, *, small: bool) -> tuple[Path, str]:
        medium = self._found(report_id, sha256)
        if medium.state is not MediaState.READY or (small and medium.width is None):
            raise _no_such_file()
        return self._files.kept(report_id, _name(sha256, medium.type, small=small)), medium.type

    def _end(self, part: Part, medium: Medium) -> Medium:
        try:
            with self._decoding:
                data = part.read()
                if digest_of(data) != medium.sha256:
                    self._forget(medium)
                    raise WrongDigestError(
                        "what came is not the file of this SHA-256: send it again from the start"
                    )
                cleaned = _cleaned(data)
        except (BadPictureError, BadRecordingError, TooLargeError) as error:
            self._settle(medium, state=MediaState.REFUSED.value, reason=str(error)[:255])
            self._files.drop_part(medium.report, medium.sha256)
            raise
        name = _name(medium.sha256, cleaned.type, small=False)
        self._files.keep(medium.report, name, cleaned.data)
        if cleaned.small:
            self._files.keep(medium.report, _name(medium.sha256, cleaned.type, small=True), cleaned.small)
        self._settle(
            medium,
            state=MediaState.READY.value,
            type=cleaned.type,
            kept_bytes=len(cleaned.data),
            width=cleaned.width,
            height=cleaned.height,
        )
        self._files.drop_part(medium.report, medium.sha256)
        return self._found(medium.report, medium.sha256)

    def _own(self, connection: Connection, report_id: str, token: str) -> Report:
        # The report's row is locked, so that the limits hold for files that are announced at once.
        connection.execute(select(reports.c.id).where(reports.c.id == report_id).with_for_update())
        report = own(self._repository.get(report_id), token)
        if report.case.state in ANSWERED:
            raise ConflictError("the report is answered: reopen it before you send more files")
        return report

    def _check_room(self, connection: Connection, report: Report, size: int) -> None:
        query = select(func.count(), func.coalesce(func.sum(report_media.c.bytes), 0)).where(
            report_media.c.report == report.id, report_media.c.state != MediaState.REFUSED.value
        )
        count, total = connection.execute(query).one()
        if count >= MOST_FILES:
            raise TooManyFilesError(f"a report may have {MOST_FILES} files: send those that show the most")
        if total + size > MOST_BYTES:
            raise TooLargeError(f"the files of a report may have {MOST_BYTES >> 20} MB together: send fewer")

    def _settle(self, medium: Medium, **columns: Any) -> None:
        with writing(self._engine) as connection:
            connection.execute(
                update(report_media).where(*_key(medium.report, medium.sha256)).values(**columns)
            )

    def _forget(self, medium: Medium) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(report_media).where(*_key(medium.report, medium.sha256)))
        self._files.drop_part(medium.report, medium.sha256)

    def _found(self, report_id: str, sha256: str) -> Medium:
        with reading(self._engine) as connection:
            row = _row(connection, report_id, sha256)
        if row is None:
            raise _no_such_file()
        return self._medium(row)

    def _all(self, report_id: str) -> list[Medium]:
        query = select(report_media).where(report_media.c.report == report_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(report_media.c.at_ms, report_media.c.sha256)).all()
        return [self._medium(row) for row in rows]

    def _medium(self, row: Row[Any]) -> Medium:
        state = MediaState(row.state)
        offset = row.bytes
        if state is MediaState.UPLOADING:
            offset = self._files.size_of_part(row.report, row.sha256)
        return Medium(
            row.report,
            row.sha256,
            row.bytes,
            offset,
            state,
            row.reason,
            row.type,
            row.width,
            row.height,
        )


def _cleaned(data: bytes) -> _Cleaned:
    """What may be kept of a file; raises BadPictureError, BadRecordingError, TooLargeError."""
    if is_recording(data):
        recording = bytearray(data)
        sort = scrub(recording)
        return _Cleaned("video/mp4" if sort is Sort.VIDEO else "audio/mp4", bytes(recording))
    if len(data) > MOST_PICTURE:
        raise TooLargeError(f"a picture may have {MOST_PICTURE >> 20} MB: send a smaller one")
    picture = redrawn(data)
    return _Cleaned("image/jpeg", picture.jpeg, picture.small, picture.width, picture.height)


def _row(connection: Connection, report_id: str, sha256: str) -> Row[Any] | None:
    return connection.execute(select(report_media).where(*_key(report_id, sha256))).one_or_none()


def _key(report_id: str, sha256: str) -> tuple[Any, Any]:
    return report_media.c.report == report_id, report_media.c.sha256 == sha256


def _name(sha256: str, media_type: str, *, small: bool) -> str:
    return sha256 + (SMALL if small else "") + _SUFFIX[media_type]


def _no_such_file() -> NotFoundError:
    return NotFoundError("the report has no such file: announce it first, or list those that there are")

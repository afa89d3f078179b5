"""Takes out of a video or an audio note what tells where and by whom it was made. Pure, in place.

ISO base media files (MP4, MOV, M4A, 3GP) are trees of boxes. Metadata boxes are turned into free space of
the same length, so that no offset moves; tracks that are neither picture nor sound, in which phones keep
places and motion, are turned into free space too, and their samples are zeroed.

Invariants: boxes fill the file exactly, so nothing hides behind or between them; what is not known at the
top is refused; every loop over what the file says is bounded by the file's own size.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aggregator.errors import CallerError

_BRANDS: Final = frozenset(
    {
        b"isom",
        b"iso2",
        b"iso4",
        b"iso5",
        b"iso6",
        b"mp41",
        b"mp42",
        b"avc1",
        b"M4V ",
        b"M4A ",
        b"qt  ",
        b"dash",
    }
    | {b"3gp4", b"3gp5", b"3gp6", b"3ge6", b"3gg6", b"mp4v", b"MSNV", b"F4V "}
)
_TOP: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"meta", b"udta"})
_TELLING: Final = frozenset({b"udta", b"meta", b"uuid", b"loci", b"ilst", b"keys", b"xml "})
_INSIDE: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf"})
_SEEN: Final = frozenset({b"vide", b"soun"})
_SPACE: Final = frozenset({b"free", b"skip", b"wide"})
_MOST_BOXES: Final = 20_000
_DEEPEST: Final = 16
_FREE: Final = b"free"


class BadRecordingError(CallerError):
    """The file is no recording that can be taken."""

    code = "bad_recording"
    title = "Not a possible recording"


class Sort(StrEnum):
    """What a recording is."""

    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class _Box:
    """A box: where it begins, where its body begins, where it ends; all in the file."""

    kind: bytes
    start: int
    body: int
    end: int


def is_recording(head: bytes) -> bool:
    """Whether a file begins as such files do."""
    return head[4:8] == b"ftyp" and head[8:12] in _BRANDS


def scrub(data: bytearray | memoryview) -> Sort:
    """Take out, in place, what tells too much; what it is. Raises BadRecordingError."""
    if not is_recording(bytes(data[:12])):
        raise BadRecordingError("the file is no recording: send an MP4, MOV, M4A or 3GP")
    view = memoryview(data)
    boxes = list(_boxes(view, 0, len(view)))
    if not {box.kind for box in boxes} <= _TOP:
        raise BadRecordingError("the recording has parts that are not known: save it as an MP4 and send that")
    movies = [box for box in boxes if box.kind == b"moov"]
    if len(movies) != 1:
        raise BadRecordingError("the recording is not whole: record it again, or save it as an MP4")
    for box in boxes:
        if box.kind in _TELLING or box.kind in _SPACE:
            _erase(view, box)
    return _scrub_movie(view, movies[0])


def _scrub_movie(view: memoryview, movie: _Box) -> Sort:
    kinds: set[bytes] = set()
    for box in _boxes(view, movie.body, movie.end):
        if box.kind != b"trak":
            _scrub_tree(view, box)
            continue
        handler = _handler(view, box)
        if handler in _SEEN:
            kinds.add(handler)
            _scrub_tree(view, box)
        else:
            _zero_samples(view, box)
            _erase(view, box)
    if not kinds:
        raise BadRecordingError("the recording has neither picture nor sound: record it again")
    return Sort.VIDEO if b"vide" in kinds else Sort.AUDIO


def _scrub_tree(view: memoryview, box: _Box, depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise BadRecordingError("the recording has parts within parts without end: save it as an MP4")
    if box.kind in _TELLING or box.kind in _SPACE:
        _erase(view, box)
    elif box.kind in _INSIDE:
        for each in _boxes(view, box.body, box.end):
            _scrub_tree(view, each, depth + 1)


def _erase(view: memoryview, box: _Box) -> None:
    view[box.start + 4 : box.start + 8] = _FREE
    view[box.body : box.end] = bytes(box.end - box.body)


def _boxes(view: memoryview, start: int, end: int) -> Iterator[_Box]:
    at = start
    for _ in range(_MOST_BOXES):
        if at == end:
            return
        box = _box(view, at, end)
        yield box
        at = box.end
    raise BadRecordingError("the recording has too many parts: save it as an MP4 and send that")


def _box(view: memoryview, at: int, end: int) -> _Box:
    if end - at < 8:  # noqa: PLR2004  a box's head
        raise _damaged()
    size, kind = struct.unpack_from(">I4s", view, at)
    body = at + 8
    if size == 1:
        if end - at < 16:  # noqa: PLR2004  a large box's head
            raise _damaged()
        (size,) = struct.unpack_from(">Q", view, body)
        body += 8
    elif size == 0:
        size = end - at
    if not body - at <= size <= end - at:
        raise _damaged()
    return _Box(kind, at, body, at + size)


def _child(view: memoryview, box: _Box, *path: bytes) -> _Box | None:
    for kind in path:
        found = next((each for each in _boxes(view, box.body, box.end) if each.kind == kind), None)
        if found is None:
            return None
        box = found
    return box


def _handler(view: memoryview, track: _Box) -> bytes:
    found = _child(view, track, b"mdia", b"hdlr")
    if found is None or found.end - found.body < 12:  # noqa: PLR2004  version, predefined, handler
        raise _damaged()
    return bytes(view[found.body + 8 : found.body + 12])


def _zero_samples(view: memoryview, track: _Box) -> None:
    """Zero what a track says, as far as it lies in the file."""
    table = _child(view, track, b"mdia", b"minf", b"stbl")
    if table is None:
        return
    sizes, (firsts, counts) = _sizes(view, table), _chunk_runs(view, table)
    if sum(sizes) > len(view) or firsts != sorted(firsts):
        raise _damaged()
    sample = 0
    for number, offset in enumerate(_chunk_offsets(view, table), 1):
        run = bisect_right(firsts, number)
        count = counts[run - 1] if run else 0
        length = sum(sizes[sample : sample + count])
        sample += count
        if offset + length > len(view):
            raise _damaged()
        view[offset : offset + length] = bytes(length)


def _sizes(view: memoryview, table: _Box) -> list[int]:
    box = _child(view, table, b"stsz")
    if box is None:
        return []
    _version, same, count = _head(view, box, ">III")
    if same:
        if same * count > len(view):
            raise _damaged()
        return [same] * count
    return _numbers(view, box, 12, count, "I")


def _chunk_runs(view: memoryview, table: _Box) -> tuple[list[int], list[int]]:
    box = _child(view, table, b"stsc")
    if box is None:
        return [], []
    _version, count = _head(view, box, ">II")
    found = _numbers(view, box, 8, count * 3, "I")
    return found[0::3], found[1::3]


def _chunk_offsets(view: memoryview, table: _Box) -> list[int]:
    box, letter = _child(view, table, b"stco"), "I"
    if box is None:
        box, letter = _child(view, table, b"co64"), "Q"
    if box is None:
        return []
    _version, count = _head(view, box, ">II")
    return _numbers(view, box, 8, count, letter)


def _head(view: memoryview, box: _Box, form: str) -> tuple[int, ...]:
    if box.end - box.body < struct.calcsize(form):
        raise _damaged()
    return struct.unpack_from(form, view, box.body)


def _numbers(view: memoryview, box: _Box, skip: int, count: int, letter: str) -> list[int]:
    if box.body + skip + count * struct.calcsize(f">{letter}") > box.end:
        raise _damaged()
    return list(struct.unpack_from(f">{count}{letter}", view, box.body + skip))


def _damaged() -> BadRecordingError:
    return BadRecordingError("the recording is damaged: record it again, or save it as an MP4")

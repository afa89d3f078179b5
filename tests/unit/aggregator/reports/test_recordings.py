import struct

import pytest

from aggregator.reports.recordings import BadRecordingError, Sort, is_recording, scrub

FTYP_BODY = b"isom" + bytes(4) + b"mp41"
PLACE = b"\xa9xyz" + b"+16.4637+107.5909/"


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def large(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body


FTYP = box(b"ftyp", FTYP_BODY)


def track(handler: bytes, table: bytes = b"", *more: bytes) -> bytes:
    hdlr = box(b"hdlr", bytes(8), handler, bytes(13))
    return box(b"trak", box(b"tkhd", bytes(84)), box(b"mdia", hdlr, box(b"minf", box(b"stbl", table))), *more)


def table(offset: int, sizes: tuple[int, ...]) -> bytes:
    return (
        box(b"stsz", struct.pack(">III", 0, 0, len(sizes)), struct.pack(f">{len(sizes)}I", *sizes))
        + box(b"stsc", struct.pack(">II", 0, 1), struct.pack(">III", 1, len(sizes), 1))
        + box(b"stco", struct.pack(">III", 0, 1, offset))
    )


def movie(*parts: bytes, samples: bytes = b"frame" * 10) -> bytearray:
    return bytearray(FTYP + box(b"mdat", samples) + box(b"moov", box(b"mvhd", bytes(100)), *parts))


def test_where_a_video_was_made_is_taken_out_and_nothing_moves() -> None:
    data = movie(
        track(b"vide", b"", box(b"udta", PLACE)), box(b"udta", PLACE), box(b"meta", b"com.apple.location")
    )
    before = len(data)
    frames_at = data.index(b"frame")
    assert scrub(data) is Sort.VIDEO
    assert len(data) == before
    assert data.index(b"frame") == frames_at
    for word in (b"+16.46", b"xyz", b"location", b"udta", b"meta"):
        assert word not in data
    assert scrub(data) is Sort.VIDEO, "once more changes nothing"


def test_an_audio_note_is_told_from_a_video() -> None:
    assert scrub(movie(track(b"soun"))) is Sort.AUDIO
    assert scrub(movie(track(b"soun"), track(b"vide"))) is Sort.VIDEO


def test_a_track_of_places_is_taken_out_with_its_samples() -> None:
    secret = b"16.4637,107.5909;16.4638,107.5910"
    samples = b"frame" * 4 + secret + b"frame"
    at = len(FTYP) + 8 + 20
    data = movie(track(b"vide"), track(b"meta", table(at, (17, len(secret) - 17))), samples=samples)
    scrub(data)
    assert b"107.59" not in data
    assert data.count(b"frame") == 5
    assert data.count(b"trak") == 1


def test_what_stands_at_the_top_beside_the_movie_is_emptied() -> None:
    data = movie(track(b"vide")) + bytearray(
        box(b"uuid", b"GPS!" * 5) + box(b"free", b"hidden") + box(b"meta", PLACE)
    )
    scrub(data)
    for word in (b"GPS!", b"hidden", b"xyz"):
        assert word not in data


def test_boxes_of_64_bits_are_read() -> None:
    data = bytearray(FTYP + large(b"mdat", b"frame") + box(b"moov", track(b"vide")))
    assert scrub(data) is Sort.VIDEO


def deep() -> bytes:
    inner = b""
    for _ in range(300):
        inner = box(b"mdia", inner)
    return inner


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff\xe0 a jpeg",
        FTYP,
        FTYP + box(b"mdat", b"x"),
        bytes(movie()),
        bytes(movie(track(b"meta"))),
        bytes(movie(track(b"vide"))) + b"PK\x03\x04 a second file",
        bytes(movie(track(b"vide"))) + box(b"evil", b"x"),
        bytes(movie(track(b"vide"))) + box(b"moov", b""),
        bytes(movie(track(b"vide")))[:-1],
        FTYP + struct.pack(">I4s", 4, b"moov"),
        FTYP + struct.pack(">I4sQ", 1, b"moov", 2**63),
        FTYP + struct.pack(">I4s", 2**32 - 1, b"moov"),
        bytes(movie(track(b"vide"), track(b"meta", table(2**31, (10,))))),
        bytes(movie(track(b"vide"), track(b"meta", table(10, (2**32 - 1,))))),
        bytes(movie(track(b"vide"), track(b"meta", box(b"stco", struct.pack(">II", 0, 2**32 - 1))))),
        bytes(
            movie(track(b"vide"), track(b"meta", box(b"stsz", struct.pack(">III", 0, 2**31, 2**31))))
            + box(b"free")
        ),
        bytes(movie(box(b"trak", box(b"mdia")))),
        FTYP + box(b"moov", track(b"vide"), *(box(b"free") for _ in range(21_000))),
    ],
)
def test_a_file_that_lies_or_hides_something_is_refused_with_a_next_step(data: bytes) -> None:
    with pytest.raises(BadRecordingError, match=r"record|send"):
        scrub(bytearray(data))


def test_boxes_within_boxes_end_somewhere() -> None:
    with pytest.raises(BadRecordingError, match="without end"):
        scrub(movie(track(b"vide", b"", deep())))


def test_a_heic_is_no_recording() -> None:
    assert not is_recording(b"\x00\x00\x00\x18ftypheic")
    assert is_recording(FTYP)

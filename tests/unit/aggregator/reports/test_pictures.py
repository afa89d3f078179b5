import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from aggregator.reports.pictures import BadPictureError, redrawn

DATA = Path(__file__).parents[3] / "data" / "pictures"
GPS = 0x8825


def saved(form: str, size: tuple[int, int] = (80, 60), mode: str = "RGB", **how: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "red" if mode != "L" else 90).save(out, form, **how)
    return out.getvalue()


def with_place() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (16.0, 27.0, 49.0)
    return saved("JPEG", exif=exif, comment=b"at home")


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(2_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_of_any_kind_becomes_a_jpeg(form: str) -> None:
    found = redrawn(saved(form))
    with Image.open(io.BytesIO(found.jpeg)) as shown:
        assert (shown.format, shown.size, (found.width, found.height)) == ("JPEG", (80, 60), (80, 60))
        red, green, blue = shown.convert("RGB").getpixel((40, 30))  # type: ignore[misc]  # three bands
    assert red > 240
    assert max(green, blue) < 15


@pytest.mark.parametrize(("name", "size"), [("small.heif", (29, 100)), ("exif.heic", (64, 64))])
def test_a_phones_heic_becomes_a_jpeg(name: str, size: tuple[int, int]) -> None:
    found = redrawn((DATA / name).read_bytes())
    assert (found.width, found.height) == size
    assert found.jpeg.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("data", [with_place(), (DATA / "exif.heic").read_bytes()], ids=["jpeg", "heic"])
def test_nothing_tells_where_it_was_taken(data: bytes) -> None:
    found = redrawn(data)
    for made in (found.jpeg, found.small):
        with Image.open(io.BytesIO(made)) as shown:
            assert dict(shown.getexif()) == {}
            assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        for word in (b"Exif", b"PhoneMaker", b"at home", b"http://ns.adobe.com", b"GPS"):
            assert word not in made


def test_a_turned_picture_is_set_upright() -> None:
    found = redrawn(with_place())
    assert (found.width, found.height) == (60, 80)


def test_what_is_clear_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(redrawn(out.getvalue()).jpeg)) as shown:
        assert shown.getpixel((5, 5)) == (255, 255, 255)


def test_a_large_picture_is_kept_smaller() -> None:
    found = redrawn(saved("JPEG", (2400, 600)))
    assert max(found.width, found.height) == 1920
    with Image.open(io.BytesIO(found.small)) as shown:
        assert max(shown.size) == 480


def test_a_second_file_behind_the_first_does_not_come_along() -> None:
    polyglot = saved("JPEG") + b"PK\x03\x04" + b"<script>alert(1)</script>"
    found = redrawn(polyglot)
    assert b"PK\x03\x04" not in found.jpeg
    assert b"script" not in found.jpeg


def bombs() -> dict[str, bytes]:
    heif = (DATA / "small.heif").read_bytes()
    huge = heif.replace(struct.pack(">II", 29, 100), struct.pack(">II", 30_000, 30_000))
    assert huge != heif
    return {
        "png of 2,500 megapixels": png(50_000, 50_000),
        "png of 80 megapixels": png(8_000, 10_000),
        "one endless row": png(60_000, 1),
        "heic that says it is huge": huge,
    }


@pytest.mark.parametrize("data", bombs().values(), ids=bombs().keys())
def test_a_picture_that_would_fill_the_memory_is_refused_unopened(data: bytes) -> None:
    with pytest.raises(BadPictureError):
        redrawn(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n",
        saved("JPEG")[:300],
        png(100, 100)[:60],
        (DATA / "damaged.heic").read_bytes(),
        (DATA / "small.heif").read_bytes()[:400],
        b"\x00\x00\x00\x18ftypheic" + bytes(200),
        saved("BMP"),
        saved("TIFF"),
        saved("PPM"),
        saved("GIF", mode="L"),
    ],
)
def test_what_is_no_whole_picture_is_refused_with_a_next_step(data: bytes) -> None:
    with pytest.raises(BadPictureError, match=r"send|take"):
        redrawn(data)

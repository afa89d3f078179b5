"""Makes of any picture that somebody sends one that is safe to keep and to show.

Invariants: what comes out was drawn anew from the pixels, so nothing of the file that was sent is left in it:
no EXIF, GPS, XMP, comment, thumbnail, colour profile, or second file behind the first; the size is read
and judged before anything is decoded. Decoders: Pillow; libheif and libde265 (LGPL-3, linked dynamically in
the wheels of pi-heif) for HEIC.
"""

import io
from dataclasses import dataclass
from typing import Final

import pi_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from aggregator.errors import CallerError

MOST_PIXELS: Final = 64_000_000
LONGEST_SIDE: Final = 16_384
KEPT_SIDE: Final = 1920
"""A phone's 12 megapixels are then decoded at half their size, at a third of the cost."""
SMALL_SIDE: Final = 480
_QUALITY: Final = 85
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx"})
_HEADER: Final = 12


class BadPictureError(CallerError):
    """The file is no picture that can be taken."""

    code = "bad_picture"
    title = "Not a possible picture"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture drawn anew: JPEG, at most `KEPT_SIDE` px a side, and a small one for lists."""

    jpeg: bytes
    small: bytes
    width: int
    height: int


def is_heif(data: bytes) -> bool:
    """Whether the file begins as HEIF does."""
    return data[4:8] == b"ftyp" and data[8:_HEADER] in _HEIF_BRANDS


def redrawn(data: bytes) -> Picture:
    """The picture of a file; raises BadPictureError."""
    try:
        drawn = _bare(_heif(data) if is_heif(data) else _other(data))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except UnidentifiedImageError as error:
        raise BadPictureError("the file is no picture: send a JPEG, PNG, WebP or HEIC") from error
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, MemoryError, OverflowError) as error:
        # What decoders raise for files that are cut short or lie about themselves.
        raise BadPictureError("the picture is damaged: take it again, or send it as a JPEG") from error
    small = drawn.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return Picture(_jpeg(drawn), _jpeg(small), drawn.width, drawn.height)


def _heif(data: bytes) -> Image.Image:
    found = pi_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
    _judge(*found.size)
    drawn: Image.Image = found.to_pillow()
    return drawn


def _other(data: bytes) -> Image.Image:
    found = Image.open(io.BytesIO(data), formats=_FORMATS)
    _judge(*found.size)
    found.draft("RGB", (KEPT_SIDE, KEPT_SIDE))  # a JPEG is decoded no larger than it must be
    found.thumbnail((KEPT_SIDE, KEPT_SIDE))
    return ImageOps.exif_transpose(found)


def _bare(opened: Image.Image) -> Image.Image:
    """The pixels alone, at most `KEPT_SIDE` a side: of a fresh picture, on which nothing hangs."""
    opened.thumbnail((KEPT_SIDE, KEPT_SIDE))
    ground = Image.new("RGB", opened.size, "white")
    if opened.mode in {"RGBA", "LA", "PA"} or "transparency" in opened.info:
        clear = opened.convert("RGBA")
        ground.paste(clear, mask=clear.getchannel("A"))
    else:
        ground.paste(opened.convert("RGB"))
    return ground


def _judge(width: int, height: int) -> None:
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise _too_large()


def _too_large() -> BadPictureError:
    return BadPictureError(
        f"the picture has too many pixels: send one of at most {MOST_PIXELS // 1_000_000} megapixels "
        f"and {LONGEST_SIDE} px a side"
    )


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()

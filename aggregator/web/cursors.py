"""Opaque cursors of a listing: the sort key of the last row given, so that inserts move nothing.

Pure. A cursor is the MessagePack of a tuple in base64url; what was not made here is refused.
"""

import base64
import binascii
from typing import TypeVar

import msgspec

from aggregator.errors import CallerError

MAX_CURSOR = 256
_NEXT_STEP = "pass the next_cursor of the page before, unchanged"
KeyT = TypeVar("KeyT")


class BadCursorError(CallerError):
    """The cursor is not one that a listing gave."""

    code = "bad_cursor"
    title = "Bad cursor"


def encode_cursor(key: tuple[int | str, ...]) -> str:
    """Cursor that continues after the row with this sort key."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(key)).rstrip(b"=").decode()


def decode_cursor(cursor: str, expected: type[KeyT]) -> KeyT:
    """Sort key inside `cursor`; raises BadCursorError."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key = msgspec.msgpack.decode(raw, type=expected)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise BadCursorError(_NEXT_STEP) from error
    if any(isinstance(part, str) and "\x00" in part for part in msgspec.to_builtins(key)):
        raise BadCursorError(_NEXT_STEP)  # PostgreSQL takes no such text
    return key

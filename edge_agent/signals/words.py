"""A controller's message → the colour that it names. Pure; `docs/signals.md` is for those who send them."""

import math
from datetime import datetime
from typing import Final

import msgspec

MOST_BYTES: Final = 4096
_MS_FROM: Final = 1e11
"""Unix times from here on are milliseconds."""
_COLOURS: Final = {
    "red": "red",
    "red_amber": "red",
    "red_yellow": "red",
    "amber": "amber",
    "yellow": "amber",
    "flashing_amber": "amber",
    "flashing_yellow": "amber",
    "green": "green",
    "flashing_green": "green",
    "off": "off",
    "dark": "off",
}
"""A flashing red is none of these: it is not the red that rules ask for."""


class Word(msgspec.Struct, frozen=True, gc=False):
    """What a message says.

    Attributes:
        colour: `red`, `amber`, `green` or `off`; empty when it says that it does not know, or nothing known.
        at: the controller's own time of it, Unix seconds; only used to leave out what comes late.
    """

    colour: str
    at: float | None = None


class _Message(msgspec.Struct, frozen=True):
    state: str
    at: float | str | None = None


def parse_word(payload: bytes) -> Word:
    """The word in a payload: JSON `{"state": …, "at": …}`, or the plain state."""
    if len(payload) > MOST_BYTES:
        return Word("")
    text = payload.strip()
    if text[:1] == b"{":
        try:
            message = msgspec.json.decode(text, type=_Message)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Word("")
        return Word(_colour(message.state), _time(message.at))
    try:
        return Word(_colour(text.decode().strip('"')))
    except UnicodeDecodeError:
        return Word("")


def _colour(state: str) -> str:
    return _COLOURS.get(state.strip().lower().replace("-", "_").replace(" ", "_"), "")


def _time(at: float | str | None) -> float | None:
    if isinstance(at, str):
        try:
            return datetime.fromisoformat(at).timestamp()
        except (ValueError, OverflowError, OSError):
            return None
    if at is None or not math.isfinite(at):
        return None
    return at / 1000 if at >= _MS_FROM else at

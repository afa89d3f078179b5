"""What InfluxDB says, as typed values. Pure.

Only words that are known to speak of lines count against lines; anything else is taken as the server's
or the set-up's fault, and then rows wait instead of being given up.
"""

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from aggregator.errors import StoreError

_OK: Final = 300
_TOO_LARGE: Final = 413
_BUSY: Final = 429
_SERVER: Final = 500
_LINES_AT_FAULT: Final = frozenset({400, 422})
_UNAUTHORISED: Final = frozenset({401, 403})
_NOT_FOUND: Final = 404
_ABOUT_LINES: Final = re.compile(
    r"partial write|unable to parse|field type conflict|beyond retention|line protocol"
    r"|time outside range|invalid (?:boolean|number|field|tag)|schema conflict|column .* is type",
    re.IGNORECASE,
)
_SETUP: Final = re.compile(r"retention policy not found|(?:database|bucket|organization).*not found")
_CONFLICT: Final = re.compile(
    r'input field "(?P<field>.*?)" on measurement "(?P<measurement>.*?)" is type (?P<ours>\w+), '
    r"already exists as type (?P<theirs>\w+)"
)
_DROPPED: Final = re.compile(r"dropped=(\d+)")
_MAX_SAID: Final = 400


class _Error(msgspec.Struct, frozen=True):
    error: str = ""
    message: str = ""
    code: str = ""


_error: Final = msgspec.json.Decoder(_Error)


@dataclass(frozen=True, slots=True)
class Stored:
    """Every line is stored."""


@dataclass(frozen=True, slots=True)
class LinesRefused:
    """Some lines are refused; `dropped` is how many, if the server said so and it can be trusted."""

    reason: str
    dropped: int | None


@dataclass(frozen=True, slots=True)
class TooMuch:
    """The request was too large: send it in parts."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Try again later; `after_s` is what the server asked for."""

    reason: str
    after_s: float | None


@dataclass(frozen=True, slots=True)
class Wrong:
    """The set-up is wrong: no row is at fault, and a person must act."""

    reason: str


WriteAnswer = Stored | LinesRefused | TooMuch | Busy | Wrong


def write_answer(status: int, body: bytes, retry_after: str = "") -> WriteAnswer:
    """Judge the answer to a write."""
    if status < _OK:
        return Stored()
    said = _said(body)
    if _SETUP.search(said) or status in _UNAUTHORISED or status == _NOT_FOUND:
        return Wrong(_advice(status, said))
    if status == _TOO_LARGE:
        return TooMuch()
    if status == _BUSY or status >= _SERVER:
        return Busy(f"it answered {status}: {said}", _seconds(retry_after))
    if status in _LINES_AT_FAULT and _ABOUT_LINES.search(said):
        dropped = _DROPPED.search(said)
        return LinesRefused(_conflict(said) or said, int(dropped[1]) if dropped else None)
    return Wrong(_advice(status, said))


class Series(msgspec.Struct, frozen=True):
    """One series of an answer: `values` are rows in the order of `columns`."""

    name: str = ""
    tags: dict[str, str] = {}
    columns: tuple[str, ...] = ()
    values: list[list[str | int | float | None]] = []


class _Result(msgspec.Struct, frozen=True):
    series: tuple[Series, ...] = ()
    error: str = ""
    partial: bool = False


class _Answer(msgspec.Struct, frozen=True):
    results: tuple[_Result, ...] = ()
    error: str = ""


_answer: Final = msgspec.json.Decoder(_Answer)


def series_of(body: bytes) -> list[tuple[Series, ...]]:
    """Series of each statement of an InfluxQL answer; raises StoreError with what the server said."""
    try:
        answer = _answer.decode(body)
    except msgspec.DecodeError as error:
        raise StoreError(f"InfluxDB's answer is not its JSON: {error}") from error
    for said in (answer.error, *(result.error for result in answer.results)):
        if said:
            raise StoreError(f"InfluxDB could not answer a query: {said}")
    return [result.series for result in answer.results]


def _said(body: bytes) -> str:
    try:
        error = _error.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body[:_MAX_SAID].decode("utf-8", "replace").strip()
    # InfluxDB 3 puts the lines' own complaints beside the error.
    extra = body[:_MAX_SAID].decode("utf-8", "replace") if b'"data"' in body else ""
    return " ".join(text for text in (error.error or error.message, extra) if text).strip()


def _conflict(said: str) -> str:
    found = _CONFLICT.search(said)
    if found is None:
        return ""
    return (
        f"field type conflict: measurement {found['measurement']!r}, field {found['field']!r}: it is"
        f" {found['theirs']} in InfluxDB and {found['ours']} in the row"
    )


def _advice(status: int, said: str) -> str:
    if status in _UNAUTHORISED:
        return (
            f"InfluxDB refuses us ({status}: {said}): check the token, or user and password, of [timeseries]"
        )
    if status == _NOT_FOUND or _SETUP.search(said):
        return (
            f"InfluxDB has no such place ({status}: {said}): check database and retention_policy, or org and"
            " bucket, of [timeseries], and that flavour is the server's"
        )
    return f"InfluxDB answered {status}, which no row explains: {said}"


def _seconds(retry_after: str) -> float | None:
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        return None

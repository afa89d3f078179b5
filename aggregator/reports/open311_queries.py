"""What a GeoReport v2 client asks and sends, parsed. Pure.

Invariants: an empty argument is as none; whatever does not fit is 400, never 422; a list of ids overrides all
other arguments; without dates the last 90 days are meant, and no span is longer.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from aggregator.errors import CallerError
from aggregator.reports.intake import NewReport
from aggregator.reports.records import Contact
from aggregator.reports.repository import ReportFilter
from aggregator.reports.schemas import LINE, MOST_TEXT, TEXT
from aggregator.reports.states import ANSWERED, State
from aggregator.reports.working_days import day_of
from aggregator.storage.instants import to_ms

MOST: Final = 1000
_SPAN: Final = timedelta(days=90)
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
_STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "open": tuple(sorted(state.value for state in State if state not in ANSWERED)),
    "closed": tuple(sorted(state.value for state in ANSWERED)),
}
_LONGEST: Final[Mapping[str, int]] = {
    "address_string": 255,
    "first_name": 63,
    "last_name": 63,
    "phone": 20,
    "email": 254,
}


class BadArgumentError(CallerError):
    """An argument does not fit."""

    code = "bad_argument"
    title = "Bad argument"


@dataclass(frozen=True, slots=True)
class Asked:
    """A listing: what, and which page of it."""

    wanted: ReportFilter
    page: int
    page_size: int
    extensions: bool


def asked_requests(given: Mapping[str, str], now: datetime) -> Asked:
    """A listing of requests; raises BadArgumentError."""
    page, size = _number(given, "page", 1, 10**6), _number(given, "page_size", MOST, MOST)
    extensions = given.get("extensions", "").lower() == "true"
    ids = _listed(given, "service_request_id")
    if len(ids) > MOST:
        raise BadArgumentError(f"service_request_id: at most {MOST} ids at once")
    if ids:
        return Asked(ReportFilter(ids=tuple(each.lower() for each in ids)), page, size, extensions)
    since, until = span(given, now)
    statuses = _listed(given, "status")
    if unknown := set(statuses) - set(_STATES):
        raise BadArgumentError(f"status: {min(unknown)!r} is not open or closed")
    return Asked(
        ReportFilter(
            states=tuple(state for status in statuses for state in _STATES[status]),
            categories=tuple(_listed(given, "service_code")),
            since_ms=to_ms(since),
            until_ms=to_ms(until) + 1,
        ),
        page,
        size,
        extensions,
    )


def span(given: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    """From `start_date` to `end_date`, both in; raises BadArgumentError."""
    start, end = _instant(given, "start_date"), _instant(given, "end_date")
    if start is None and end is None:
        return now - _SPAN, now
    if start is None:
        end = end or now
        return max(end, _EARLIEST + _SPAN) - _SPAN, end
    if end is None:
        return start, min(start, _LATEST - _SPAN) + _SPAN
    if not timedelta() <= end - start <= _SPAN:
        raise BadArgumentError("start_date and end_date: at most 90 days apart, the start first")
    return start, end


def new_request(given: Mapping[str, str], sender: str, now: datetime) -> NewReport:
    """A request that the client `sender` makes; raises BadArgumentError.

    The specification knows no resend, so the same content by the same client on one day is one report.
    """
    if not given.get("service_code"):
        raise BadArgumentError("service_code was not provided")
    lat, lon = _degrees(given, "lat", 90), _degrees(given, "long", 180)
    if (lat is None) != (lon is None):
        raise BadArgumentError("lat and long go together")
    address, area = _line(given, "address_string"), given.get("address_id", "")
    if lat is None and not address and not area:
        raise BadArgumentError("a location was not provided: send lat and long, address_string or address_id")
    now_ms = to_ms(now)
    names = (_line(given, "first_name"), _line(given, "last_name"))
    return NewReport(
        id=_id_of(given, sender, now_ms),
        category=given["service_code"],
        text=_description(given),
        lat=lat,
        lon=lon,
        address=address,
        area=area,
        occurred_ms=now_ms,
        channel="open311",
        contact=Contact(" ".join(filter(None, names)), _phone(given), _email(given)),
    )


def _id_of(given: Mapping[str, str], sender: str, now_ms: int) -> str:
    said = sorted((name, value) for name, value in given.items() if name != "api_key")
    digest = hashlib.sha256(repr((sender, day_of(now_ms).isoformat(), said)).encode()).digest()
    return str(UUID(bytes=digest[:16], version=5))


def _description(given: Mapping[str, str]) -> str:
    text = given.get("description", "").replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > MOST_TEXT:
        raise BadArgumentError(f"description: at most {MOST_TEXT} characters")
    if not re.fullmatch(TEXT.strip("^$"), text):
        raise BadArgumentError("description: no control characters")
    return text


def _line(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "").strip()
    if len(text) > _LONGEST[name] or not re.fullmatch(LINE.strip("^$"), text):
        raise BadArgumentError(f"{name}: one line of at most {_LONGEST[name]} characters")
    return text


def _email(given: Mapping[str, str]) -> str:
    text = _line(given, "email")
    if text and not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise BadArgumentError("email: not an address")
    return text


def _phone(given: Mapping[str, str]) -> str:
    text = _line(given, "phone")
    if text and not re.fullmatch(r"\+?[0-9 .-]{6,20}", text):
        raise BadArgumentError("phone: not a telephone number")
    return text


def _degrees(given: Mapping[str, str], name: str, most: float) -> float | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    if not re.fullmatch(r"[+-]?\d{1,3}(\.\d{1,20})?", text) or abs(float(text)) > most:
        raise BadArgumentError(f"{name}: degrees of WGS 84, such as 16.4637")
    return float(text)


def _number(given: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = given.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        raise BadArgumentError(f"{name}: 1 to {most}")
    return int(text)


def _listed(given: Mapping[str, str], name: str) -> list[str]:
    found = [each.strip() for each in given.get(name, "").split(",")]
    return [each for each in found if each and "\x00" not in each]


def _instant(given: Mapping[str, str], name: str) -> datetime | None:
    # In an address `+` is a space unless it was escaped, which clients forget.
    text = given.get(name, "").strip().replace(" ", "+")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise BadArgumentError(f"{name}: with its offset, such as 2026-01-01T00:00:00Z")
        return min(max(found.astimezone(UTC), _EARLIEST), _LATEST)
    except (ValueError, OverflowError) as error:
        raise BadArgumentError(f"{name}: W3C's format, such as 2026-01-01T00:00:00Z") from error

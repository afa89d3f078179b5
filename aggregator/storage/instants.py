"""Instants: aware UTC datetimes in the program, int64 milliseconds in stores and on the wire."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    """Milliseconds UTC since 1970, rounded down."""
    return (instant - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """Aware UTC datetime of milliseconds since 1970; what lies past the year 9999 gives its end."""
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)

"""When a rule is on: windows of local time on days of the week. Pure: the time is an argument."""

from datetime import datetime, timedelta, timezone
from typing import Annotated, Final, Literal

import msgspec

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TimeOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""Local time, "HH:MM"; such texts sort as the times do."""
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class TimeWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From one time of day to another; past midnight when `to` is not later than `from`.

    Attributes:
        days: days on which it begins; every day when left out.
        begins: `from`, "HH:MM".
        ends: `to`, "HH:MM", not included.
    """

    begins: TimeOfDay = msgspec.field(name="from")
    ends: TimeOfDay = msgspec.field(name="to")
    days: tuple[Day, ...] = DAYS

    def covers(self, local: datetime) -> bool:
        """Whether a local moment lies in the window."""
        clock = f"{local:%H:%M}"
        today = DAYS[local.weekday()] in self.days
        if self.begins < self.ends:
            return today and self.begins <= clock < self.ends
        yesterday = DAYS[(local.weekday() - 1) % 7] in self.days
        return (today and clock >= self.begins) or (yesterday and clock < self.ends)


def is_on(schedule: tuple[TimeWindow, ...], utc: datetime, utc_offset_h: float) -> bool:
    """Whether a rule with this schedule is on; without windows it always is."""
    if not schedule:
        return True
    local = local_time(utc, utc_offset_h)
    return any(window.covers(local) for window in schedule)


def local_time(utc: datetime, utc_offset_h: float) -> datetime:
    """The wall clock of a site."""
    return utc.astimezone(timezone(timedelta(hours=utc_offset_h)))

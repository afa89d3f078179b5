"""What the slice tells the rest of the program after a commit."""

from dataclasses import dataclass

from aggregator.alarms.schemas import AlarmView

MOST_TOLD = 200
"""Alarms of one announcement; when more changed, the newest."""


@dataclass(frozen=True, slots=True)
class AlarmsChanged:
    """Alarms as they are after a change; `more` others changed too."""

    alarms: tuple[AlarmView, ...]
    more: int = 0

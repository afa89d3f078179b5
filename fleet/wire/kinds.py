"""Kinds of events and what they are worth when a node must choose.

Neighbours: the outbox's quota drops the lowest priority first; the publisher sends alarms at once
and alone; consoles colour by severity.
"""

from enum import IntEnum
from typing import Final


class Priority(IntEnum):
    """Worth of a fact; under a full disk the lowest goes first, and is counted."""

    MEASUREMENT = 0
    RECORD = 1
    ALARM = 2


ALARM_KINDS: Final = frozenset(
    {
        "intruded",
        "loitered",
        "crowd_formed",
        "crowd_cleared",
        "red_light_run",
        "stop_line_blocked",
        "wrong_way",
        "parking_confirmed",
        "littered",
        "object_abandoned",
        "smoke_seen",
        "road_flooded",
        "camera_offline",
        "camera_frozen",
        "camera_dark",
        "camera_blurred",
        "camera_covered",
        "camera_moved",
    }
)
"""Kinds that somebody should see now."""

RECORD_KINDS: Final = frozenset(
    {
        "line_crossed",
        "parking_warned",
        "solid_line_crossed",
        "lane_misused",
        "speeding",
        "no_helmet",
        "pavement_driven",
        "congestion_changed",
        "queue_changed",
        "camera_offline_recovered",
        "camera_frozen_recovered",
        "camera_dark_recovered",
        "camera_blurred_recovered",
        "camera_covered_recovered",
        "camera_moved_recovered",
    }
)
"""Kinds that may wait for their batch."""


def priority_of(kind: str) -> Priority:
    """Priority of an event kind; a kind that this version does not know is a record."""
    return Priority.ALARM if kind in ALARM_KINDS else Priority.RECORD

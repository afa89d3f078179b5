"""What consoles are told in one go, and how several become one.

Pure. Views travel as JSON that was encoded once, so that a hundred consoles cost one encoding.
Invariants: an update holds at most `NEWEST` events and as many alarms, newest first, and counts
every event, shown or not; a flood of records hides no alarm (alarms have places of their own);
joining updates loses no count and keeps the latest view of each node.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

NEWEST: Final = 50
MAX_KINDS: Final = 64
OTHER_KINDS: Final = "other"


class Counts(msgspec.Struct, frozen=True):
    """What was stored since the update before; `by_kind` has at most MAX_KINDS kinds and `other`."""

    events: int = 0
    alarms: int = 0
    measurements: int = 0
    by_kind: dict[str, int] = {}


class Update(msgspec.Struct, frozen=True):
    """One message of the live feed.

    `events` are the newest of all kinds, `alarms` the newest alarms (an alarm may stand in both);
    `dropped` more events were stored than `events` shows.
    """

    events: tuple[msgspec.Raw, ...]
    alarms: tuple[msgspec.Raw, ...]
    dropped: int
    nodes: tuple[msgspec.Raw, ...]
    counts: Counts
    measured: tuple[str, ...]


class Change(msgspec.Struct, frozen=True):
    """An update before it is rendered: nodes by id, so that later views replace earlier ones."""

    events: tuple[msgspec.Raw, ...] = ()
    alarms: tuple[msgspec.Raw, ...] = ()
    dropped: int = 0
    nodes: dict[str, msgspec.Raw] = {}
    counts: Counts = Counts()
    measured: frozenset[str] = frozenset()

    def render(self) -> bytes:
        """JSON of the update."""
        return msgspec.json.encode(
            Update(
                events=self.events,
                alarms=self.alarms,
                dropped=self.dropped,
                nodes=tuple(self.nodes.values()),
                counts=self.counts,
                measured=tuple(sorted(self.measured)),
            )
        )


def join(changes: Sequence[Change]) -> Change:
    """One change that tells what these tell, in order (oldest first)."""
    events = [event for change in reversed(changes) for event in change.events]
    nodes: dict[str, msgspec.Raw] = {}
    for change in changes:
        nodes.update(change.nodes)
    return Change(
        events=tuple(events[:NEWEST]),
        alarms=tuple([alarm for change in reversed(changes) for alarm in change.alarms][:NEWEST]),
        dropped=sum(change.dropped for change in changes) + max(0, len(events) - NEWEST),
        nodes=nodes,
        counts=_sum([change.counts for change in changes]),
        measured=frozenset().union(*(change.measured for change in changes)),
    )


def add_kinds(total: dict[str, int], more: dict[str, int]) -> None:
    """Add counts by kind to `total` in place, folding what is past MAX_KINDS into `other`."""
    for kind, count in more.items():
        name = kind if kind in total or len(total) < MAX_KINDS else OTHER_KINDS
        total[name] = total.get(name, 0) + count


def _sum(counts: Sequence[Counts]) -> Counts:
    by_kind: dict[str, int] = {}
    for each in counts:
        add_kinds(by_kind, each.by_kind)
    return Counts(
        events=sum(each.events for each in counts),
        alarms=sum(each.alarms for each in counts),
        measurements=sum(each.measurements for each in counts),
        by_kind=by_kind,
    )

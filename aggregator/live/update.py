"""What consoles are told in one go, and how several become one.

Pure. Views travel as JSON that was encoded once, so that a hundred consoles cost one encoding.
Invariants: an update holds at most `NEWEST` events and as many alarms, newest first, and counts
every event, shown or not; a flood of records hides no alarm (alarms have places of their own);
joining updates loses no count and keeps the latest view of each node and of each alarm; an update that is
confined to some nodes shows and counts nothing of any other, and one confined to some alarms shows no other.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

NEWEST: Final = 50
MAX_KINDS: Final = 64
OTHER_KINDS: Final = "other"
MAX_NODES: Final = 1000
"""Nodes whose counts are kept apart in one change; when more spoke, who sees some of them reloads."""
MOST_ALARMS: Final = 200
"""Alarms that one change carries; when more changed, `alarms_stale` says to read the listing."""


class Counts(msgspec.Struct, frozen=True):
    """What was stored since the update before; `by_kind` has at most MAX_KINDS kinds and `other`."""

    events: int = 0
    alarms: int = 0
    measurements: int = 0
    by_kind: dict[str, int] = {}


class _OfNode(msgspec.Struct, frozen=True):
    node: str = ""


_node = msgspec.json.Decoder(_OfNode)


class Placed(msgspec.Struct, frozen=True):
    """An alarm as it is after a change: whose it is, and its JSON."""

    area: str
    agency: str
    site: str
    view: msgspec.Raw


Sees = Callable[[Placed], bool]
"""Whether somebody may see an alarm."""


class Update(msgspec.Struct, frozen=True):
    """One message of the live feed.

    `events` are the newest of all kinds, `alarms` the newest of them that call somebody (one may stand in
    both); `dropped` more events were stored than `events` shows. `alarm_changes` are cases as they are now;
    `alarms_stale` when more of them changed than are shown.
    """

    events: tuple[msgspec.Raw, ...]
    alarms: tuple[msgspec.Raw, ...]
    dropped: int
    nodes: tuple[msgspec.Raw, ...]
    counts: Counts
    measured: tuple[str, ...]
    alarm_changes: tuple[msgspec.Raw, ...] = ()
    alarms_stale: bool = False


class Change(msgspec.Struct, frozen=True):
    """An update before it is rendered: nodes by id, so that later views replace earlier ones.

    `by_node` are the counts of each node, None when there were too many to keep apart.
    """

    events: tuple[msgspec.Raw, ...] = ()
    alarms: tuple[msgspec.Raw, ...] = ()
    dropped: int = 0
    nodes: dict[str, msgspec.Raw] = {}
    counts: Counts = Counts()
    measured: frozenset[str] = frozenset()
    by_node: dict[str, Counts] | None = {}
    alarm_changes: dict[str, Placed] = {}
    alarms_stale: bool = False

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
                alarm_changes=tuple(placed.view for placed in self.alarm_changes.values()),
                alarms_stale=self.alarms_stale,
            )
        )


def join(changes: Sequence[Change]) -> Change:
    """One change that tells what these tell, in order (oldest first)."""
    events = [event for change in reversed(changes) for event in change.events]
    nodes: dict[str, msgspec.Raw] = {}
    for change in changes:
        nodes.update(change.nodes)
    changed, is_stale = newest_alarms([change.alarm_changes for change in changes])
    return Change(
        events=tuple(events[:NEWEST]),
        alarms=tuple([alarm for change in reversed(changes) for alarm in change.alarms][:NEWEST]),
        dropped=sum(change.dropped for change in changes) + max(0, len(events) - NEWEST),
        nodes=nodes,
        counts=_sum([change.counts for change in changes]),
        measured=frozenset().union(*(change.measured for change in changes)),
        by_node=join_nodes([change.by_node for change in changes]),
        alarm_changes=changed,
        alarms_stale=is_stale or any(change.alarms_stale for change in changes),
    )


def newest_alarms(parts: Sequence[Mapping[str, Placed]]) -> tuple[dict[str, Placed], bool]:
    """Latest views of the alarms that changed last, at most MOST_ALARMS, and whether others are left out."""
    found: dict[str, Placed] = {}
    for part in parts:
        for alarm, placed in part.items():
            found.pop(alarm, None)  # what changed again goes to the end
            found[alarm] = placed
    more = len(found) - MOST_ALARMS
    return (dict(list(found.items())[more:]), True) if more > 0 else (found, False)


def with_alarms(change: Change, sees: Sees) -> Change:
    """The change with those alarms alone that somebody may see."""
    seen = {alarm: placed for alarm, placed in change.alarm_changes.items() if sees(placed)}
    return msgspec.structs.replace(change, alarm_changes=seen)


def alarms_alone(change: Change) -> Change:
    """What of a change is about alarms."""
    return Change(alarm_changes=change.alarm_changes, alarms_stale=change.alarms_stale)


def confined(change: Change, nodes: frozenset[str]) -> Change | None:
    """What of a change may be told to who sees these nodes alone; None when it cannot be told apart."""
    if change.by_node is None:
        return None
    events = tuple(each for each in change.events if _node.decode(each).node in nodes)
    counts = _sum([counts for node, counts in change.by_node.items() if node in nodes])
    return Change(
        events=events,
        alarms=tuple(each for each in change.alarms if _node.decode(each).node in nodes),
        dropped=counts.events - len(events),
        nodes={node: view for node, view in change.nodes.items() if node in nodes},
        counts=counts,
        measured=change.measured,
        alarm_changes=change.alarm_changes,
        alarms_stale=change.alarms_stale,
    )


def join_nodes(parts: Sequence[Mapping[str, Counts] | None]) -> dict[str, Counts] | None:
    """Counts by node, summed; None when one part has none, or when there are more than MAX_NODES."""
    found: dict[str, list[Counts]] = {}
    for part in parts:
        if part is None:
            return None
        for node, counts in part.items():
            found.setdefault(node, []).append(counts)
    if len(found) > MAX_NODES:
        return None
    return {node: each[0] if len(each) == 1 else _sum(each) for node, each in found.items()}


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

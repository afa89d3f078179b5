"""Between the ingest thread and many consoles.

Invariants: `note_…` never waits for a console (it takes a lock that is held for microseconds);
memory is bounded by the kept changes, whoever reads how slowly, because a console holds nothing but
its position; a console gets at most four updates a second, later ones joined; one that was away
gets what it missed in one update, or is told to reload when that is no longer kept.

Threads: `note_…` from any; `run`, `close` and `follow` in the event loop.
"""

import asyncio
import re
import threading
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from aggregator.live.update import (
    NEWEST,
    Change,
    Counts,
    Placed,
    Sees,
    add_kinds,
    alarms_alone,
    confined,
    join,
    join_nodes,
    newest_alarms,
    with_alarms,
)

PERIOD_S: Final = 0.25
KEPT: Final = 240
QUIET_S: Final = 15.0
LIFE_S: Final = 600.0
"""A feed ends after ten minutes; who comes back shows its key again, so that no revoked one follows on."""
RELOAD: Final = b"event: reload\ndata: {}\n\n"
_ALIVE: Final = b"event: alive\ndata: {}\n\n"
_RETRY: Final = b"retry: 2000\n"
_DIGITS: Final = re.compile(r"[0-9]{1,15}\Z")


@dataclass(slots=True)
class _Pending:
    """What came since the last tick."""

    events: deque[msgspec.Raw] = field(default_factory=lambda: deque(maxlen=NEWEST))
    alarms: deque[msgspec.Raw] = field(default_factory=lambda: deque(maxlen=NEWEST))
    stored: int = 0
    alarms_stored: int = 0
    measurements: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    nodes: dict[str, msgspec.Raw] = field(default_factory=dict)
    measured: set[str] = field(default_factory=set)
    by_node: dict[str, Counts] | None = field(default_factory=dict)
    alarm_changes: dict[str, Placed] = field(default_factory=dict)
    alarms_stale: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.stored or self.measurements or self.nodes or self.alarm_changes)


@dataclass(frozen=True, slots=True)
class _Kept:
    number: int
    change: Change
    frame: bytes


class LiveHub:
    """Joins what was stored into updates and keeps the last ones.

    `epoch` is new at every start, so that a position of an earlier process is recognised.
    """

    def __init__(self, epoch: str, *, kept: int = KEPT) -> None:
        self._epoch = epoch
        self._lock = threading.Lock()
        self._pending = _Pending()
        self._kept: deque[_Kept] = deque(maxlen=kept)
        self._number = 0
        self._fresh = asyncio.Event()
        self._closed = False

    def note_events(
        self,
        by_kind: Mapping[str, int],
        alarms_stored: int,
        newest: Sequence[bytes],
        alarms: Sequence[bytes],
        by_node: Mapping[str, Counts],
    ) -> None:
        """Tell of stored events: all counts, and the JSON of the newest and of the newest alarms.

        Both oldest first; of each the last NEWEST are kept. `by_node` are the same counts by node.
        """
        with self._lock:
            pending = self._pending
            pending.stored += sum(by_kind.values())
            pending.alarms_stored += alarms_stored
            add_kinds(pending.by_kind, dict(by_kind))
            pending.events.extend(map(msgspec.Raw, newest))
            pending.alarms.extend(map(msgspec.Raw, alarms))
            pending.by_node = join_nodes([pending.by_node, by_node])

    def note_measurements(self, by_name: Mapping[str, int]) -> None:
        """Tell of stored measurement rows."""
        with self._lock:
            self._pending.measurements += sum(by_name.values())
            if len(self._pending.measured) < NEWEST:
                self._pending.measured.update(by_name)

    def note_alarms(self, changed: Mapping[str, Placed], *, are_all: bool) -> None:
        """Tell of alarms that changed, by their ids; unless `are_all`, others changed too."""
        with self._lock:
            pending = self._pending
            pending.alarm_changes, is_stale = newest_alarms([pending.alarm_changes, changed])
            pending.alarms_stale = pending.alarms_stale or is_stale or not are_all

    def note_node(self, node: str, view: bytes) -> None:
        """Tell of a node that changed, by the JSON of its view."""
        with self._lock:
            self._pending.nodes[node] = msgspec.Raw(view)

    @property
    def position(self) -> str:
        """Where the feed stands; `follow` from here gives what comes later."""
        return f"{self._epoch}-{self._number}"

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            await asyncio.sleep(PERIOD_S)
            self.tick()

    def tick(self) -> None:
        """Make an update of what came, if anything did."""
        with self._lock:
            pending, self._pending = self._pending, _Pending()
        if pending.is_empty:
            return
        change = Change(
            events=tuple(reversed(pending.events)),
            alarms=tuple(reversed(pending.alarms)),
            dropped=pending.stored - len(pending.events),
            nodes=pending.nodes,
            counts=Counts(pending.stored, pending.alarms_stored, pending.measurements, pending.by_kind),
            measured=frozenset(pending.measured),
            by_node=pending.by_node,
            alarm_changes=pending.alarm_changes,
            alarms_stale=pending.alarms_stale,
        )
        self._number += 1
        self._kept.append(_Kept(self._number, change, self._frame(self._number, change)))
        self._wake()

    def close(self) -> None:
        """End every `follow`."""
        self._closed = True
        self._wake()

    async def follow(
        self, after: str | None, nodes: frozenset[str] | None = None, sees: Sees | None = None
    ) -> AsyncIterator[bytes]:
        """Server-sent events after a position (None: from now), for LIFE_S or until the hub is closed.

        `nodes` are those that the follower may see, `sees` tells which alarms; None for all, who share the
        frames that were made once. Who sees no nodes follows alarms alone.
        """
        end_s = asyncio.get_running_loop().time() + LIFE_S
        number = self._number if after is None else self._number_of(after)
        yield _RETRY + f"id: {self.position if number is None else f'{self._epoch}-{number}'}\n".encode()
        yield b"event: hello\ndata: {}\n\n"
        if number is None:
            yield RELOAD
            return
        while not self._closed and asyncio.get_running_loop().time() < end_s:
            fresh = self._fresh
            if number == self._number:
                if not await _came(fresh):
                    yield _ALIVE
                continue
            frame = self._since(number, nodes, sees)
            if frame is None:
                yield RELOAD
                return
            number = self._number
            yield frame

    def _since(self, number: int, nodes: frozenset[str] | None, sees: Sees | None) -> bytes | None:
        """Frame with everything after `number`; None when some of it is no longer kept."""
        missed = self._number - number
        if missed > len(self._kept):
            return None
        newest = self._kept[-1]
        if missed == 1 and nodes is None and (sees is None or not newest.change.alarm_changes):
            return newest.frame
        late = list(self._kept)[-missed:]
        change: Change | None = join([each.change for each in late])
        if sees is not None and change is not None:
            change = with_alarms(change, sees)
        if nodes is not None and change is not None:
            change = confined(change, nodes) if nodes else alarms_alone(change)
        return None if change is None else self._frame(self._number, change)

    def _number_of(self, position: str) -> int | None:
        epoch, _, digits = position.rpartition("-")
        if epoch != self._epoch or not _DIGITS.match(digits):
            return None
        number = int(digits)
        return number if self._number - len(self._kept) <= number <= self._number else None

    def _frame(self, number: int, change: Change) -> bytes:
        return b"id: %s-%d\nevent: update\ndata: %s\n\n" % (
            self._epoch.encode(),
            number,
            change.render(),
        )

    def _wake(self) -> None:
        fresh, self._fresh = self._fresh, asyncio.Event()
        fresh.set()


async def _came(fresh: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(QUIET_S):
            await fresh.wait()
    except TimeoutError:
        return False
    return True

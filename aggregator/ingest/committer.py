"""Makes one cycle durable: measurements first, then one relational transaction.

Invariants: a row is in the time-series store before its seq is accounted for, so that a crash
between the two stores costs a repeated write and never a row; everything that was accepted of a
delivery is accounted for, or nothing is; a fact that a store cannot take is named by it or found
by halving, dead-lettered, and the rest is stored.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from aggregator.errors import StoreRefusedError
from aggregator.ingest.accept import Facts, Refusal, State
from aggregator.ingest.announce import Announcement, EventsStored, MeasurementsStored, NodeSpoke, StoredEvent
from aggregator.ingest.cycle import Cycle, Heard, condemned, halves, without
from aggregator.ingest.dead_letters import DeadLetter
from aggregator.ingest.ledger import Ledger, LedgerTransaction, StreamChange, StreamKey
from aggregator.ingest.watermark import NewSkip, TooManyRanges, account
from aggregator.storage.instants import to_ms
from aggregator.storage.seq_ranges import SeqRanges, Span
from aggregator.storage.timeseries.refusals import RowsRefusedError
from aggregator.storage.timeseries.store import StreamRows, TimeSeriesStore
from fleet.wire.messages import STREAM_BYTES, Event, MeasurementRow, NodeState

_log = logging.getLogger(__name__)
_PRESENT: Final = frozenset({"born", "alive"})

_FactT = TypeVar("_FactT", Event, MeasurementRow)
OnState = Callable[[Sequence[tuple[str, NodeState]], datetime], None]
"""Takes nodes' states into account, in order; what they change is committed on return."""


@dataclass(slots=True)
class Counts:
    """What ingest has done since it started; only ever grows."""

    deliveries: int = 0
    events: int = 0
    rows: int = 0
    repeated: int = 0
    skipped: int = 0
    dead_letters: int = 0
    refused: int = 0
    commits: int = 0


@dataclass(slots=True)
class Outcome:
    """What was committed: watermarks to tell the nodes, and what to announce."""

    watermarks: dict[StreamKey, int] = field(default_factory=dict)
    announcements: list[Announcement] = field(default_factory=list)


@dataclass(slots=True)
class _Change:
    """A stream as one transaction changes it."""

    before: SeqRanges
    state: SeqRanges
    events: list[Event] = field(default_factory=list)
    rows: list[MeasurementRow] = field(default_factory=list)
    skips: list[NewSkip] = field(default_factory=list)
    repeated: int = 0


class Committer:
    """Writes cycles to both stores; for one thread."""

    def __init__(self, ledger: Ledger, timeseries: TimeSeriesStore, on_state: OnState) -> None:
        self._ledger = ledger
        self._timeseries = timeseries
        self._on_state = on_state
        self.counts = Counts()

    def commit(self, cycle: Cycle, received_at: datetime) -> Outcome:
        """Make the cycle durable; it may be called again with the same cycle, which changes nothing.

        Raises:
            StoreError: a store is away.
        """
        outcome = Outcome()
        letters = list(cycle.letters)
        self._note(cycle.states, received_at, outcome)
        self._store(cycle.heard, letters, received_at, outcome)
        self._repeat_watermarks(cycle.states, outcome)
        return outcome

    def _note(self, states: Sequence[State], received_at: datetime, outcome: Outcome) -> None:
        """Note all in one transaction; when one of them is refused, each by itself."""
        if not states:
            return
        try:
            self._on_state([(each.node, each.state) for each in states], received_at)
        except StoreRefusedError as error:
            if len(states) == 1:
                _log.error("state of %s cannot be stored and is left out: %s", states[0].node, error)
                return
            for each in states:
                self._note([each], received_at, outcome)
            return
        outcome.announcements.extend(NodeSpoke(each.node, each.state, received_at) for each in states)

    def _repeat_watermarks(self, states: Sequence[State], outcome: Outcome) -> None:
        """Tell a node that speaks up where its stream stands: an earlier word may have been lost."""
        keys = {
            (each.node, each.state.stream.hex())
            for each in states
            if each.state.phase in _PRESENT and len(each.state.stream) == STREAM_BYTES
        }
        asked = sorted(key for key in keys if key not in outcome.watermarks)
        if asked:
            known = self._ledger.states(asked)
            outcome.watermarks.update({key: known[key].through if key in known else 0 for key in asked})

    def _store(
        self, heard: Sequence[Heard], letters: list[DeadLetter], received_at: datetime, outcome: Outcome
    ) -> None:
        if not heard and not letters:
            return
        try:
            self._transact(heard, letters, received_at, outcome)
        except RowsRefusedError as error:
            refused = {(row.node, row.stream, row.seq): row.detail for row in error.rows}
            rest = without(heard, refused)
            if rest == list(heard):
                raise  # the store named rows that it was not given: a bug, for the worker's supervisor
            self._store(rest, letters, received_at, outcome)
        except StoreRefusedError as error:
            parts = halves(heard)
            if parts is not None:
                for part, with_letters in zip(parts, (letters, []), strict=True):
                    self._store(part, with_letters, received_at, outcome)
            elif heard and (heard[0].facts.events or heard[0].facts.rows):
                self._store([condemned(heard[0], str(error))], letters, received_at, outcome)
            else:
                # Not even a dead letter can be stored: say so, and let the others pass.
                _log.exception("%d dead letters cannot be stored and are left out", len(letters) + len(heard))

    def _transact(
        self, heard: Sequence[Heard], letters: list[DeadLetter], received_at: datetime, outcome: Outcome
    ) -> None:
        now_ms = to_ms(received_at)
        keys = sorted({(each.facts.node, each.facts.stream) for each in heard})
        with self._ledger.transaction() as transaction:
            locked = transaction.lock(keys, now_ms)
            changes, found, refused = _planned(heard, locked.states)
            self._write_rows(changes, locked.sites)
            _record(transaction, changes, now_ms)
            transaction.bury([*letters, *found], now_ms)
        self._count(changes, len(letters) + len(found), refused)
        outcome.watermarks.update({key: change.state.through for key, change in changes.items()})
        _announce(changes, received_at, outcome)

    def _write_rows(self, changes: dict[StreamKey, _Change], sites: dict[str, str]) -> None:
        batch = tuple(
            StreamRows(node, stream, tuple(change.rows), change.before, sites.get(node, ""))
            for (node, stream), change in changes.items()
            if change.rows
        )
        if batch:
            self._timeseries.write(batch)

    def _count(self, changes: dict[StreamKey, _Change], letters: int, refused: int) -> None:
        counts = self.counts
        counts.commits += 1
        counts.dead_letters += letters
        counts.refused += refused
        for change in changes.values():
            counts.events += len(change.events)
            counts.rows += len(change.rows)
            counts.repeated += change.repeated
            counts.skipped += sum(skip.count for skip in change.skips)


def _planned(
    heard: Sequence[Heard], states: dict[StreamKey, SeqRanges]
) -> tuple[dict[StreamKey, _Change], list[DeadLetter], int]:
    """Changes by stream, dead letters found on the way, and the deliveries refused for their holes."""
    changes = {key: _Change(state, state) for key, state in states.items()}
    letters: list[DeadLetter] = []
    refused = 0
    for each in heard:
        change = changes.get((each.facts.node, each.facts.stream))
        if change is None:
            letters.append(_too_many_streams(each))
            continue
        done = account(change.state, _seqs(each.facts), each.facts.skipped)
        if isinstance(done, TooManyRanges):
            refused += 1
            _log.warning(
                "stream %s of %s: not taken, it would leave %d holes; the node sends it again in order",
                each.facts.stream,
                each.facts.node,
                done.ranges,
            )
            continue
        change.state = done.state
        change.repeated += done.repeated
        change.skips.extend(done.skips)
        change.events.extend(_new(each.facts.events, done.new, done.repeated))
        change.rows.extend(_new(each.facts.rows, done.new, done.repeated))
        letter = each.letter()
        if letter is not None:
            letters.append(letter)
    return changes, letters, refused


def _too_many_streams(heard: Heard) -> DeadLetter:
    return DeadLetter(
        topic=heard.delivery.topic,
        payload=heard.delivery.payload,
        reason=Refusal.TOO_MANY_STREAMS,
        detail=f"{heard.facts.node} has used up its streams: is its outbox made anew at every start?",
        node=heard.facts.node,
        stream=heard.facts.stream,
    )


def _seqs(facts: Facts) -> list[int]:
    seqs = [fact.seq for fact in facts.events] if facts.events else [fact.seq for fact in facts.rows]
    if facts.bad:
        seqs = sorted([*seqs, *[fact.seq for fact in facts.bad]])
    return seqs


def _new(facts: Sequence[_FactT], new: Sequence[Span], repeated: int) -> Sequence[_FactT]:
    """The facts that lie in the spans that are new."""
    if not repeated:
        return facts
    return [fact for fact in facts if any(first <= fact.seq <= last for first, last in new)]


def _record(transaction: LedgerTransaction, changes: dict[StreamKey, _Change], now_ms: int) -> None:
    transaction.record(
        [
            StreamChange(key, change.state, change.events, change.repeated, change.skips)
            for key, change in changes.items()
            if change.state is not change.before or change.repeated
        ],
        now_ms,
    )


def _announce(changes: dict[StreamKey, _Change], received_at: datetime, outcome: Outcome) -> None:
    events = tuple(
        StoredEvent(node, stream, event, received_at)
        for (node, stream), change in changes.items()
        for event in change.events
    )
    rows = tuple((node, row) for (node, _), change in changes.items() for row in change.rows)
    if events:
        outcome.announcements.append(EventsStored(events))
    if rows:
        outcome.announcements.append(MeasurementsStored(rows))

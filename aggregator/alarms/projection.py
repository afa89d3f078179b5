"""Turns stored events into alarms, each event once.

The relational store's row ids are followed; the cursor moves in the transaction of the alarms that it
made, so a crash at any point repeats or loses nothing. Invariants: ids are read only up to where every id
is decided (see horizon.py); a batch is judged by the book of rules that holds while the cursor's row is
locked; work on alarms is bounded by the batch, however many equal events come.

Threads: one. Several processes may project: the cursor's row lets one pass at a time.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, select, update

from aggregator.alarms import book as books
from aggregator.alarms.batch import Batch, CameraPlace, Places
from aggregator.alarms.horizon import Horizon
from aggregator.alarms.matching import Fact, Match, RuleBook
from aggregator.alarms.records import Record
from aggregator.alarms.sop_store import add_shipped
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.alarms_tables import alarm_cursor
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.tables import events, nodes
from fleet.wire.messages import CLOCK_UNSYNCED

MOST_EVENTS: Final = 2_000
_MOST_IDS: Final = 20_000
_LAZY_IDS: Final = 5_000
_LAZY_S: Final = 2.0
_BOOK_S: Final = 30.0
_SILENCES_MS: Final = 3 * 86_400_000
"""Silences are looked at for so long after their end, for events that come late."""


_COLUMNS: Final = (
    events.c.id,
    events.c.node,
    events.c.stream,
    events.c.seq,
    events.c.kind,
    events.c.rule,
    events.c.camera,
    events.c.occurred_at_ms,
    events.c.received_at_ms,
    events.c.clock,
    events.c.zone_or_line,
    events.c.class_name,
    events.c.track_id,
    events.c.direction,
    events.c.score_e3,
    events.c.duration_s,
    events.c.value,
)


@dataclass(frozen=True, slots=True)
class Stepped:
    """What a step did: `is_behind` when more waits, and the alarms that it changed."""

    is_behind: bool
    changed: tuple[Record, ...] = ()


class AlarmProjection:
    """Follows the events of `engine`; `clock` gives aware UTC, `new_id` ids for alarms."""

    def __init__(
        self, engine: Engine, places: Places, clock: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._engine = engine
        self._places = places
        self._clock = clock
        self._new_id = new_id
        self._horizon = Horizon(engine)
        self._through: int | None = None
        self._stored = 0
        self._stored_s = 0.0
        self._book: RuleBook | None = None
        self._book_number = 0
        self._book_s = 0.0

    def begin(self) -> None:
        """Add default rules that were never there, and read the cursor. Raises StoreError."""
        with writing(self._engine) as connection:
            books.add_defaults(connection, to_ms(self._clock()))
            add_shipped(connection, to_ms(self._clock()))
            self._through = self._stored = connection.execute(select(alarm_cursor.c.through)).scalar_one()

    def step(self) -> Stepped:
        """Take the next events. Raises StoreError, and then nothing was taken."""
        if self._through is None:
            self.begin()
        through = self._through or 0
        decided = self._horizon.advance()
        if decided <= through:
            return Stepped(is_behind=False)
        book = self._current_book()
        facts, upto = self._read(book, through, decided)
        matches = [match for fact in facts for match in book.match(fact)]
        if not matches:
            self._pass_by(upto)
            return Stepped(is_behind=upto < decided)
        changed = self._take(matches, upto)
        return Stepped(is_behind=changed is None or upto < decided, changed=changed or ())

    def _current_book(self) -> RuleBook:
        with reading(self._engine) as connection:
            number = connection.execute(select(alarm_cursor.c.book)).scalar_one()
            fresh = time.monotonic() - self._book_s < _BOOK_S
            if self._book is None or number != self._book_number or not fresh:
                since_ms = to_ms(self._clock()) - _SILENCES_MS
                self._book = books.read_book(connection, self._expand, since_ms)
                self._book_number, self._book_s = number, time.monotonic()
            return self._book

    def _expand(self, areas: frozenset[str]) -> frozenset[str]:
        return self._places.within(areas) or frozenset()

    def _read(self, book: RuleBook, through: int, decided: int) -> tuple[list[Fact], int]:
        """Events that may matter, and up to which id that is all of them."""
        upto = min(decided, through + _MOST_IDS)
        query = (
            select(*_COLUMNS)
            .where(events.c.id > through, events.c.id <= upto, events.c.kind.in_(sorted(book.kinds)))
            .order_by(events.c.id)
            .limit(MOST_EVENTS)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
            cameras = {(row.node, row.camera) for row in rows}
            of_nodes = select(nodes.c.node, nodes.c.site).where(
                nodes.c.node.in_({node for node, _ in cameras})
            )
            sites = {row.node: row.site for row in connection.execute(of_nodes)}
        places = {key: self._places.site_of_camera(*key) for key in cameras}
        facts = [_fact(row, places[row[1], row[6]], sites.get(row[1], "")) for row in rows]
        return facts, facts[-1].id if len(facts) == MOST_EVENTS else upto

    def _pass_by(self, upto: int) -> None:
        """Go past events that matter to nobody; now and then the cursor is stored."""
        self._through = upto
        if upto - self._stored < _LAZY_IDS and time.monotonic() - self._stored_s < _LAZY_S:
            return
        with writing(self._engine) as connection:
            connection.execute(update(alarm_cursor).where(alarm_cursor.c.through < upto).values(through=upto))
        self._stored, self._stored_s = upto, time.monotonic()

    def _take(self, matches: list[Match], upto: int) -> tuple[Record, ...] | None:
        """Store what these do to alarms; None when they must be read again, for somebody was faster."""
        with writing(self._engine) as connection:
            cursor = connection.execute(select(alarm_cursor).with_for_update()).one()
            if cursor.through > (self._through or 0):
                self._through = cursor.through
                return None
            if cursor.book != self._book_number:
                return None
            batch = Batch(connection, self._places, to_ms(self._clock()))
            changed = batch.take(matches, self._new_id)
            connection.execute(update(alarm_cursor).values(through=upto))
        self._through = self._stored = upto
        self._stored_s = time.monotonic()
        return changed


def _fact(row: Sequence[Any], place: CameraPlace, node_site: str) -> Fact:
    id_, node, stream, seq, kind, rule, camera, occurred_ms, received_ms, clock, *rest = row
    zone_or_line, class_name, track_id, direction, score_e3, duration_s, value = rest
    return Fact(
        id_,
        node,
        stream,
        seq,
        kind,
        rule,
        camera,
        # A node that does not know the time says when, but not truly: then the server's time stands.
        received_ms if clock == CLOCK_UNSYNCED else min(occurred_ms, received_ms),
        received_ms,
        zone_or_line,
        class_name,
        track_id,
        direction,
        score_e3 / 1000,
        duration_s,
        value,
        place.site or node_site,
        place.area,
        place.lat,
        place.lon,
    )

"""Up to which event every event is decided: committed, or never to come.

PostgreSQL gives ids before a transaction commits, so with several writers a lower id may appear after a
higher one. Whoever inserts holds a lock on the table from before its first id until its end. So: read the
last id given out, then who holds that lock; once none of those holds it any more, every id up to that one
is decided. SQLite has one writer at a time, whose ids appear in their order.
"""

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine, func, select, text

from aggregator.storage.relational.engine import reading
from aggregator.storage.relational.tables import events

_POLL_S: Final = 0.005
_PATIENCE_S: Final = 0.25
_LAST: Final = text("SELECT last_value, is_called FROM events_id_seq")
_WRITERS: Final = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND relation = CAST('events' AS regclass) AND mode = 'RowExclusiveLock'"
)


class Horizon:
    """Finds it; one thread's. `pause` waits between two looks at who writes."""

    def __init__(self, engine: Engine, pause: Callable[[float], None] = time.sleep) -> None:
        self._engine = engine
        self._pause = pause
        self._decided = 0
        self._claimed = 0
        self._writers: frozenset[str] = frozenset()

    def advance(self) -> int:
        """The highest id up to which all are decided, waiting a little for writers that are about to end.

        A writer that takes long holds it back until it ends; nothing is passed over. Raises StoreError.
        """
        if self._engine.dialect.name != "postgresql":
            with reading(self._engine) as connection:
                return connection.execute(select(func.max(events.c.id))).scalar_one() or 0
        waited_s = 0.0
        while not self._look() and waited_s < _PATIENCE_S:
            self._pause(_POLL_S)
            waited_s += _POLL_S
        return self._decided

    def _look(self) -> bool:
        """Whether what was claimed at an earlier look is decided now; if so, claim what came since."""
        with reading(self._engine) as connection:
            if self._writers:
                self._writers &= _writers(connection)
            if self._writers:
                return False
            if self._claimed > self._decided:
                self._decided = self._claimed
                return True
            last, was_called = connection.execute(_LAST).one()
            self._claimed = last if was_called else 0
            self._writers = _writers(connection)
            if not self._writers:
                self._decided = self._claimed
                return True
            return False


def _writers(connection: Connection) -> frozenset[str]:
    return frozenset(connection.execute(_WRITERS).scalars())

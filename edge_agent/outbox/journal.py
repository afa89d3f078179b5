"""The outbox file: one SQLite database, the durability point of the node.

Invariants: `append` returns after the facts are on the disk (WAL, synchronous=FULL) or raises; seqs of a
stream run from 1 without a gap, each a stored fact, a declared skip, or settled; the stream id is made with
the file and never given out again; one connection under one lock, so that the WAL is always checkpointed and
stays small. Each priority has a table of its own, so that dropping the oldest of one frees whole pages.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.outbox import policy
from edge_agent.outbox.errors import JournalCorruptError, JournalUnavailableError
from edge_agent.outbox.policy import Candidate, SeqRange, StreamMarks, Verdict
from edge_agent.outbox.seal import ClockReading, restamp
from edge_agent.outbox.sealed import Entry, Fact, Sealed, decode_body, encode_body, priority_of_fact
from fleet.wire.kinds import Priority
from fleet.wire.messages import STREAM_BYTES, MeasurementRow, Skipped, Watermark

FORMAT: Final = 1
_PAGE: Final = 4096
_ROW_OVERHEAD: Final = 16
_SLACK: Final = 50
_MOST_PAGES: Final = 2**30
_WAL_PAGES: Final = 256
_CHUNK: Final = 500
_MEMORY: Final = ":memory:"

QUOTA: Final = "quota"
UNREADABLE: Final = "unreadable"

_TABLES: Final = {
    Priority.MEASUREMENT: "measurements",
    Priority.RECORD: "records",
    Priority.ALARM: "alarms",
}
_SCHEMA: Final = (
    "CREATE TABLE outbox (one INTEGER PRIMARY KEY CHECK (one = 1), format INT, stream BLOB, watermark INT)",
    "CREATE TABLE skips (from_seq INTEGER PRIMARY KEY, to_seq INTEGER NOT NULL, reason TEXT NOT NULL)",
    *(
        statement
        for table in _TABLES.values()
        for statement in (
            f"CREATE TABLE {table} (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, anchor_ms INT, boot TEXT)",
            f"CREATE INDEX {table}_unsynced ON {table} (boot) WHERE anchor_ms IS NOT NULL",
        )
    ),
)
_ALL_FACTS: Final = " UNION ALL ".join(
    f"SELECT seq, {priority.value}, body, anchor_ms FROM {table} WHERE seq BETWEEN :first AND :last"  # noqa: S608  own names
    for priority, table in _TABLES.items()
)
_IN_ORDER: Final = f"{_ALL_FACTS} ORDER BY seq LIMIT :limit"
_NO_END: Final = 2**62


@dataclass(frozen=True, slots=True)
class SealedRange:
    """Numbers that one append gave: `first..last` of `stream`, in the order of the facts."""

    stream: bytes
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class JournalStats:
    """Where the journal stands.

    Attributes:
        stream: id of the stream.
        last_seq: highest seq given out.
        watermark: everything up to it is settled.
        rows: facts that wait for settlement.
        skipped: seqs that were dropped, declared and not yet settled.
        dropped: facts dropped since the journal was opened.
        bytes_used: live pages and the WAL.
        oldest_ms: time of the oldest waiting fact, UTC ms; None when nothing waits.
    """

    stream: bytes
    last_seq: int
    watermark: int
    rows: int
    skipped: int
    dropped: int
    bytes_used: int
    oldest_ms: int | None


class Journal:
    """One stream of facts in one file; safe between threads.

    Args:
        path: the file, made when missing; None keeps everything in memory.
        quota_bytes: bytes on disk, WAL included, past which the least worthy facts are dropped.
        new_stream: gives ids for new streams, 8 random bytes each.

    Raises:
        JournalUnavailableError: it cannot be opened now.
        JournalCorruptError: it is damaged; set it aside.
    """

    def __init__(self, path: Path | None, *, quota_bytes: int, new_stream: Callable[[], bytes]) -> None:
        self._path = path
        self._quota = quota_bytes
        self._new_stream = new_stream
        self._wal_pages = wal_bytes(quota_bytes) // _PAGE
        self._lock = threading.RLock()
        self._stream = b""
        self._watermark = self._last = self._floor = self._sent = 0
        self._unweighed = 0
        self._dropped = 0
        self._heard = False
        with _translated("opened"):
            self._db = sqlite3.connect(
                str(path or _MEMORY), timeout=2.0, isolation_level=None, check_same_thread=False
            )
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Checkpoint and close; what cannot be checkpointed stays in the WAL and is found again."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._db.close()

    @property
    def stream(self) -> bytes:
        """Id of the stream."""
        return self._stream

    @property
    def last_seq(self) -> int:
        """Highest seq given out."""
        return self._last

    @property
    def watermark(self) -> int:
        """Everything up to here is settled."""
        return self._watermark

    @property
    def awaits_word(self) -> bool:
        """Whether to send nothing yet: an earlier life gave numbers, and the aggregator may know of more.

        A file that went back in time gives them again, and what is sent under them is taken for a repetition.
        """
        with self._lock:
            return self._floor > 0 and not self._heard

    def append(self, facts: Sequence[Sealed]) -> SealedRange:
        """Number and store facts in one transaction; drops the least worthy when the quota is passed.

        Raises:
            JournalUnavailableError: nothing was stored and no number was used.
            JournalCorruptError: as above, and the file is damaged.
        """
        with self._lock:
            first = self._last + 1
            rows: dict[Priority, list[tuple[int, bytes, int | None, str | None]]] = {}
            for seq, each in enumerate(facts, first):
                stored = (seq, encode_body(each.fact), each.anchor_ms, each.boot or None)
                rows.setdefault(priority_of_fact(each.fact), []).append(stored)
            self._unweighed += sum(len(row[1]) + _ROW_OVERHEAD for part in rows.values() for row in part)
            dropped = 0
            with _translated("written"), self._transaction():
                for priority, part in rows.items():
                    self._db.executemany(f"INSERT INTO {_TABLES[priority]} VALUES (?, ?, ?, ?)", part)  # noqa: S608  own names
                if self._unweighed >= _PAGE // 2:
                    dropped = self._shed(self._excess())
            self._dropped += dropped
            self._unweighed %= _PAGE // 2
            self._last += len(facts)
            return SealedRange(self._stream, first, self._last)

    def unsent(self, after_seq: int, limit: int) -> list[Entry]:
        """Entries that account for the seqs past `after_seq`, in order and without a gap, at most `limit`.

        A skip may begin at or before `after_seq` when facts already sent were dropped since.
        """
        with self._lock:
            after = max(after_seq, self._watermark)
            with _translated("read"):
                stored = self._facts(after + 1, _NO_END, limit)
                skips = self._db.execute(
                    "SELECT from_seq, to_seq, reason FROM skips WHERE to_seq > ? ORDER BY from_seq LIMIT ?",
                    (after, limit),
                ).fetchall()
            entries: list[Entry] = [Skipped(a, b, reason, b - a + 1) for a, b, reason in skips]
            damaged: dict[Priority, list[int]] = {}
            for seq, priority, body, anchor_ms in stored:
                fact = _read(body, priority, seq, anchor_ms)
                if fact is None:
                    damaged.setdefault(Priority(priority), []).append(seq)
                else:
                    entries.append(fact)
            if damaged:
                self._drop(damaged, UNREADABLE)
                return self.unsent(after_seq, limit)
            entries.sort(key=lambda e: e.from_seq if isinstance(e, Skipped) else e.seq)
            return entries[:limit]

    def fact(self, seq: int) -> Fact | None:
        """One stored fact; None when it is settled, dropped or unreadable."""
        with self._lock, _translated("read"):
            found = self._facts(seq, seq, 1)
        return _read(found[0][2], found[0][1], seq, found[0][3]) if found else None

    def mark_sent(self, seq: int) -> None:
        """Remember that everything up to `seq` may have left the node."""
        with self._lock:
            self._sent = max(self._sent, seq)

    def settle(self, watermark: Watermark) -> Verdict:
        """Believe an acknowledgement or not; what it settles is deleted.

        `Verdict.ROLLED_BACK` says that the stream ended here and goes on under a new id. When the disk
        refuses, the watermark is remembered all the same and the deletion made up for by a later one.
        """
        with self._lock:
            marks = StreamMarks(self._stream, self._watermark, self._floor, self._sent, self._heard)
            verdict = policy.judge(watermark.stream, watermark.seq, marks)
            self._heard = self._heard or verdict in {Verdict.SETTLES, Verdict.STALE}
            if verdict is Verdict.ROLLED_BACK:
                self._begin_anew()
            elif verdict is Verdict.SETTLES:
                self._watermark = watermark.seq
                self.forget_settled()
            return verdict

    def forget_settled(self) -> None:
        """Delete what is settled, as `settle` does and could not when the disk was full."""
        with self._lock, _translated("written"), self._transaction():
            self._forget(self._watermark)

    def correct_times(self, clock: ClockReading) -> int:
        """Stamp again what this boot sealed before its clock was right; how many facts changed."""
        corrected = 0
        for priority in Priority:
            while True:
                with self._lock, _translated("written"), self._transaction():
                    chunk = self._correct_some(priority, clock)
                corrected += chunk
                if chunk < _CHUNK:
                    break
        return corrected

    def stats(self) -> JournalStats:
        """Figures for health and status."""
        with self._lock, _translated("read"):
            (skipped,) = self._db.execute(
                "SELECT total(to_seq - max(from_seq, :next) + 1) FROM skips WHERE to_seq >= :next",
                {"next": self._watermark + 1},
            ).fetchone()
            oldest = self._facts(self._watermark + 1, _NO_END, 1)
            fact = decode_body(oldest[0][2], oldest[0][1], oldest[0][0]) if oldest else None
            return JournalStats(
                stream=self._stream,
                last_seq=self._last,
                watermark=self._watermark,
                rows=self._last - self._watermark - int(skipped),
                skipped=int(skipped),
                dropped=self._dropped,
                bytes_used=self._used_bytes(),
                oldest_ms=None if fact is None else _time_of(fact),
            )

    def make_room(self, need: int) -> int:
        """Drop the least worthy facts worth `need` bytes, because the disk and not the quota is full.

        The WAL's pages are put in their places first, so that its space can be used again; from then on the
        file does not grow, until `free_to_grow`.
        """
        with self._lock:
            with _translated("written"):
                self._db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
                (pages,) = self._db.execute("PRAGMA page_count").fetchone()
                self._db.execute(f"PRAGMA max_page_count = {pages}").fetchall()
            with _translated("written"), self._transaction():
                dropped = self._shed(need)
            self._dropped += dropped
            return dropped

    def free_to_grow(self) -> None:
        """There is space again."""
        with self._lock, _translated("written"):
            self._db.execute(f"PRAGMA max_page_count = {_MOST_PAGES}").fetchall()

    # The lock is held in everything below.

    def _open(self) -> None:
        self._db.execute(f"PRAGMA page_size = {_PAGE}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {self._wal_pages}")
        self._db.execute(f"PRAGMA journal_size_limit = {self._wal_pages * _PAGE}")
        if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'outbox'").fetchone():
            with self._transaction():
                for statement in _SCHEMA:
                    self._db.execute(statement)
                self._db.execute("INSERT INTO outbox VALUES (1, ?, ?, 0)", (FORMAT, self._new_stream()))
        found = self._db.execute("SELECT format, stream, watermark FROM outbox").fetchone()
        if found is None or found[0] != FORMAT or len(found[1]) != STREAM_BYTES:
            raise JournalCorruptError("the outbox file is of another format")
        self._stream = found[1]
        self._watermark = found[2]
        keys = [("skips", "to_seq"), *((table, "seq") for table in _TABLES.values())]
        highest = [
            self._db.execute(f"SELECT max({key}) FROM {table}").fetchone()[0] or 0  # noqa: S608  own names
            for table, key in keys
        ]
        self._last = max(self._watermark, *highest)
        self._floor = self._sent = self._last

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # some faults have rolled it back already
                self._db.execute("ROLLBACK")
            raise

    def _excess(self) -> int:
        """Bytes past the quota, and a little more, so that the next append need not shed; or 0."""
        over = self._used_bytes() - self._quota
        return over + self._quota // _SLACK if over > 0 else 0

    def _used_bytes(self) -> int:
        (pages,) = self._db.execute("PRAGMA page_count").fetchone()
        (free,) = self._db.execute("PRAGMA freelist_count").fetchone()
        wal = 0
        if self._path is not None:
            with contextlib.suppress(OSError):
                wal = self._path.with_name(self._path.name + "-wal").stat().st_size
        return int(pages - free) * _PAGE + wal

    def _facts(self, first: int, last: int, limit: int) -> list[tuple[int, int, bytes, int | None]]:
        return self._db.execute(_IN_ORDER, {"first": first, "last": last, "limit": limit}).fetchall()

    def _correct_some(self, priority: Priority, clock: ClockReading) -> int:
        table = _TABLES[priority]
        found = self._db.execute(
            f"SELECT seq, body, anchor_ms FROM {table} WHERE anchor_ms IS NOT NULL AND boot = ? LIMIT ?",  # noqa: S608  own names
            (clock.boot, _CHUNK),
        ).fetchall()
        for seq, body, anchor_ms in found:
            fact = decode_body(body, priority, seq)
            fresh = body if fact is None else encode_body(restamp(fact, anchor_ms, clock))
            self._db.execute(
                f"UPDATE {table} SET body = ?, anchor_ms = NULL, boot = NULL WHERE seq = ?",  # noqa: S608  own names
                (fresh, seq),
            )
        return len(found)

    def _shed(self, need: int) -> int:
        """Drop facts worth `need` bytes; how many went."""
        dropped = 0
        for priority in Priority:
            while need > 0 and (chunk := self._oldest(priority)):
                going = policy.to_drop(chunk, need)
                sizes = {each.seq: each.size for each in chunk}
                need -= sum(sizes[seq] for seq in going)
                self._remove(priority, going, QUOTA)
                dropped += len(going)
        return dropped

    def _oldest(self, priority: Priority) -> list[Candidate]:
        found = self._db.execute(
            f"SELECT seq, length(body) FROM {_TABLES[priority]} ORDER BY seq LIMIT ?",  # noqa: S608  own names
            (_CHUNK,),
        ).fetchall()
        return [Candidate(seq, priority, size + _ROW_OVERHEAD) for seq, size in found]

    def _drop(self, doomed: Mapping[Priority, Sequence[int]], reason: str) -> None:
        with _translated("written"), self._transaction():
            for priority, seqs in doomed.items():
                self._remove(priority, seqs, reason)
        self._dropped += sum(map(len, doomed.values()))

    def _remove(self, priority: Priority, seqs: Sequence[int], reason: str) -> None:
        self._db.executemany(
            f"DELETE FROM {_TABLES[priority]} WHERE seq = ?",  # noqa: S608  own names
            ((seq,) for seq in seqs),
        )
        for each in policy.ranges_of(seqs):
            self._declare(each, reason)

    def _declare(self, dropped: SeqRange, reason: str) -> None:
        """Persist a skip, joined with its neighbours of the same reason."""
        first, last = dropped.first, dropped.last
        before = self._db.execute(
            "SELECT from_seq, to_seq, reason FROM skips WHERE from_seq < ? ORDER BY from_seq DESC LIMIT 1",
            (first,),
        ).fetchone()
        after = self._db.execute(
            "SELECT to_seq FROM skips WHERE from_seq = ? AND reason = ?", (last + 1, reason)
        ).fetchone()
        if after:
            self._db.execute("DELETE FROM skips WHERE from_seq = ?", (last + 1,))
            last = after[0]
        if before and before[1:] == (first - 1, reason):
            self._db.execute("UPDATE skips SET to_seq = ? WHERE from_seq = ?", (last, before[0]))
        else:
            self._db.execute("INSERT INTO skips VALUES (?, ?, ?)", (first, last, reason))

    def _forget(self, seq: int) -> None:
        for table in _TABLES.values():
            self._db.execute(f"DELETE FROM {table} WHERE seq <= ?", (seq,))  # noqa: S608  own names
        self._db.execute("DELETE FROM skips WHERE to_seq <= ?", (seq,))
        self._db.execute("UPDATE skips SET from_seq = ? WHERE from_seq <= ?", (seq + 1, seq))
        self._db.execute("UPDATE outbox SET watermark = ?", (seq,))

    def _begin_anew(self) -> None:
        """Go on under another stream id with what this life appended; the rest the aggregator has."""
        floor, last, new_stream = self._floor, self._last, self._new_stream()
        with _translated("written"), self._transaction():
            self._forget(floor)
            # By way of negative keys: renumbered facts must not meet those that still wait to be.
            for table, key in (("skips", "from_seq"), *((table, "seq") for table in _TABLES.values())):
                self._db.execute(f"UPDATE {table} SET {key} = -({key} - ?)", (floor,))  # noqa: S608  own names
                self._db.execute(f"UPDATE {table} SET {key} = -{key}")  # noqa: S608  own names
            self._db.execute("UPDATE skips SET to_seq = to_seq - ?", (floor,))
            self._db.execute("UPDATE outbox SET stream = ?, watermark = 0", (new_stream,))
        self._stream, self._watermark, self._last = new_stream, 0, last - floor
        self._floor = self._sent = 0


def wal_bytes(quota_bytes: int) -> int:
    """How large the WAL may grow before it is checkpointed."""
    return max(8, min(_WAL_PAGES, quota_bytes // 8 // _PAGE)) * _PAGE


def _read(body: bytes, priority: int, seq: int, anchor_ms: int | None) -> Fact | None:
    """A stored fact; a row whose time nobody vouches for is flagged suspect, as rows carry no clock state."""
    fact = decode_body(body, priority, seq)
    if anchor_ms is not None and isinstance(fact, MeasurementRow):
        return msgspec.structs.replace(fact, quality=max(fact.quality, 1))
    return fact


def _time_of(fact: Fact) -> int:
    """When a fact was complete: a row is, at the end of its period."""
    if isinstance(fact, MeasurementRow):
        return fact.start_ms + round(fact.period_s * 1000)
    return fact.occurred_at_ms


@contextlib.contextmanager
def _translated(action: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        text = f"the outbox cannot be {action}: {error}"
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or isinstance(
            error, sqlite3.IntegrityError
        ):
            raise JournalCorruptError(text) from error
        raise JournalUnavailableError(text, full=code == sqlite3.SQLITE_FULL) from error

"""The outbox file: one SQLite database, the durability point of the node.

Invariants: `append` returns after the facts are on the disk (WAL, synchronous=FULL) or raises; seqs of a
stream run from 1 without a gap, each a stored fact, a declared skip, or settled; the stream id is made with
the file and never given out again; one connection under one lock, so that the WAL is always checkpointed and
stays small. Priority 0 marks a measurement row, anything above an event.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
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
_CHUNK: Final = 500
_MEMORY: Final = ":memory:"

QUOTA: Final = "quota"
UNREADABLE: Final = "unreadable"

_SCHEMA: Final = """
CREATE TABLE outbox (one INTEGER PRIMARY KEY CHECK (one = 1), format INTEGER NOT NULL,
                     stream BLOB NOT NULL, watermark INTEGER NOT NULL);
CREATE TABLE facts (seq INTEGER PRIMARY KEY, priority INTEGER NOT NULL, body BLOB NOT NULL,
                    anchor_ms INTEGER, boot TEXT);
CREATE TABLE skips (from_seq INTEGER PRIMARY KEY, to_seq INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE INDEX unsynced ON facts (boot) WHERE anchor_ms IS NOT NULL;
"""


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


@dataclass(slots=True)
class _Shed:
    """What one shedding did, taken over once its transaction has been committed.

    `scanned` tells up to where nothing of a priority is left, so that no fact is looked at twice.
    """

    dropped: int = 0
    scanned: dict[Priority, int] = field(default_factory=dict)


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
        self._wal_pages = max(8, min(1000, quota_bytes // 8 // _PAGE))
        self._lock = threading.RLock()
        self._stream = b""
        self._watermark = self._last = self._floor = self._sent = 0
        self._unweighed = 0
        self._dropped = 0
        self._heard = False
        self._scanned: dict[Priority, int] = {}
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

    def append(self, facts: Sequence[Sealed]) -> SealedRange:
        """Number and store facts in one transaction; drops the least worthy when the quota is passed.

        Raises:
            JournalUnavailableError: nothing was stored and no number was used.
            JournalCorruptError: as above, and the file is damaged.
        """
        with self._lock:
            first = self._last + 1
            rows = [
                (seq, priority_of_fact(each.fact), encode_body(each.fact), each.anchor_ms, each.boot or None)
                for seq, each in enumerate(facts, first)
            ]
            self._unweighed += sum(len(row[2]) + _ROW_OVERHEAD for row in rows)
            shed = _Shed()
            with _translated("written"), self._transaction():
                self._db.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?)", rows)
                if self._unweighed >= _PAGE // 2:
                    shed = self._shed(self._used_bytes() - self._quota)
            self._note(shed)
            self._unweighed %= _PAGE // 2
            self._last += len(rows)
            return SealedRange(self._stream, first, self._last)

    def unsent(self, after_seq: int, limit: int) -> list[Entry]:
        """Entries that account for the seqs past `after_seq`, in order and without a gap, at most `limit`.

        A skip may begin at or before `after_seq` when facts already sent were dropped since.
        """
        with self._lock:
            after = max(after_seq, self._watermark)
            with _translated("read"):
                stored = self._db.execute(
                    "SELECT seq, priority, body, anchor_ms FROM facts WHERE seq > ? ORDER BY seq LIMIT ?",
                    (after, limit),
                ).fetchall()
                skips = self._db.execute(
                    "SELECT from_seq, to_seq, reason FROM skips WHERE to_seq > ? ORDER BY from_seq LIMIT ?",
                    (after, limit),
                ).fetchall()
            entries: list[Entry] = [Skipped(a, b, reason, b - a + 1) for a, b, reason in skips]
            damaged = []
            for seq, priority, body, anchor_ms in stored:
                fact = _read(body, priority, seq, anchor_ms)
                if fact is None:
                    damaged.append(seq)
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
            found = self._db.execute(
                "SELECT priority, body, anchor_ms FROM facts WHERE seq = ?", (seq,)
            ).fetchone()
        return None if found is None else _read(found[1], found[0], seq, found[2])

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
                with _translated("written"), self._transaction():
                    self._forget(watermark.seq)
            return verdict

    def correct_times(self, clock: ClockReading) -> int:
        """Stamp again what this boot sealed before its clock was right; how many facts changed."""
        corrected = 0
        while True:
            with self._lock, _translated("written"), self._transaction():
                found = self._db.execute(
                    "SELECT seq, priority, body, anchor_ms FROM facts"
                    " WHERE anchor_ms IS NOT NULL AND boot = ? LIMIT ?",
                    (clock.boot, _CHUNK),
                ).fetchall()
                for seq, priority, body, anchor_ms in found:
                    fact = decode_body(body, priority, seq)
                    fresh = body if fact is None else encode_body(restamp(fact, anchor_ms, clock))
                    self._db.execute(
                        "UPDATE facts SET body = ?, anchor_ms = NULL, boot = NULL WHERE seq = ?", (fresh, seq)
                    )
            corrected += len(found)
            if len(found) < _CHUNK:
                return corrected

    def stats(self) -> JournalStats:
        """Figures for health and status."""
        with self._lock, _translated("read"):
            (skipped,) = self._db.execute("SELECT total(to_seq - from_seq + 1) FROM skips").fetchone()
            oldest = self._db.execute("SELECT priority, body, seq FROM facts ORDER BY seq LIMIT 1").fetchone()
            fact = None if oldest is None else decode_body(oldest[1], oldest[0], oldest[2])
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
        """Drop the least worthy facts worth `need` bytes, because the disk and not the quota is full."""
        with self._lock:
            with _translated("written"), self._transaction():
                shed = self._shed(need)
            self._note(shed)
            return shed.dropped

    # The lock is held in everything below.

    def _open(self) -> None:
        self._db.execute(f"PRAGMA page_size = {_PAGE}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {self._wal_pages}")
        self._db.execute(f"PRAGMA journal_size_limit = {self._wal_pages * _PAGE}")
        if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'outbox'").fetchone():
            with self._transaction():
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute("INSERT INTO outbox VALUES (1, ?, ?, 0)", (FORMAT, self._new_stream()))
        found = self._db.execute("SELECT format, stream, watermark FROM outbox").fetchone()
        if found is None or found[0] != FORMAT or len(found[1]) != STREAM_BYTES:
            raise JournalCorruptError("the outbox file is of another format")
        self._stream = found[1]
        self._watermark = found[2]
        last_fact, last_skip = self._db.execute(
            "SELECT (SELECT max(seq) FROM facts), (SELECT max(to_seq) FROM skips)"
        ).fetchone()
        self._last = max(self._watermark, last_fact or 0, last_skip or 0)
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

    def _used_bytes(self) -> int:
        (pages,) = self._db.execute("PRAGMA page_count").fetchone()
        (free,) = self._db.execute("PRAGMA freelist_count").fetchone()
        wal = 0
        if self._path is not None:
            with contextlib.suppress(OSError):
                wal = self._path.with_name(self._path.name + "-wal").stat().st_size
        return int(pages - free) * _PAGE + wal

    def _shed(self, need: int) -> "_Shed":
        """Drop facts worth `need` bytes and a little more, so that the next append need not."""
        shed = _Shed()
        if need <= 0:
            return shed
        need += self._quota // _SLACK
        for priority in Priority:
            after = self._scanned.get(priority, 0)
            while need > 0 and (chunk := self._oldest(priority, after)):
                going = policy.to_drop(chunk, need)
                sizes = {each.seq: each.size for each in chunk}
                need -= sum(sizes[seq] for seq in going)
                self._remove(going, QUOTA)
                after = going[-1]
                shed.dropped += len(going)
            shed.scanned[priority] = after
        return shed

    def _oldest(self, priority: Priority, after: int) -> list[Candidate]:
        found = self._db.execute(
            "SELECT seq, length(body) FROM facts WHERE priority = ? AND seq > ? ORDER BY seq LIMIT ?",
            (priority, after, _CHUNK),
        ).fetchall()
        return [Candidate(seq, priority, size + _ROW_OVERHEAD) for seq, size in found]

    def _note(self, shed: "_Shed") -> None:
        self._dropped += shed.dropped
        self._scanned.update(shed.scanned)

    def _drop(self, seqs: list[int], reason: str) -> None:
        with _translated("written"), self._transaction():
            self._remove(seqs, reason)
        self._dropped += len(seqs)

    def _remove(self, seqs: Sequence[int], reason: str) -> None:
        self._db.executemany("DELETE FROM facts WHERE seq = ?", ((seq,) for seq in seqs))
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
        self._db.execute("DELETE FROM facts WHERE seq <= ?", (seq,))
        self._db.execute("DELETE FROM skips WHERE to_seq <= ?", (seq,))
        self._db.execute("UPDATE skips SET from_seq = ? WHERE from_seq <= ?", (seq + 1, seq))
        self._db.execute("UPDATE outbox SET watermark = ?", (seq,))

    def _begin_anew(self) -> None:
        """Go on under another stream id with what this life appended; the rest the aggregator has."""
        floor, last, new_stream = self._floor, self._last, self._new_stream()
        with _translated("written"), self._transaction():
            self._forget(floor)
            # By way of negative keys: renumbered facts must not meet those that still wait to be.
            for table, keys in (("facts", "seq"), ("skips", "from_seq")):
                self._db.execute(f"UPDATE {table} SET {keys} = -({keys} - ?)", (floor,))  # noqa: S608  own names
                self._db.execute(f"UPDATE {table} SET {keys} = -{keys}")  # noqa: S608  own names
            self._db.execute("UPDATE skips SET to_seq = to_seq - ?", (floor,))
            self._db.execute("UPDATE outbox SET stream = ?, watermark = 0", (new_stream,))
        self._stream, self._watermark, self._last = new_stream, 0, last - floor
        self._floor = self._sent = 0
        self._scanned.clear()


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

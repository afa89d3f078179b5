"""The node's outbox: the journal on disk, and what happens when the disk fails.

Invariants: `append` never raises and never blocks on anything but the disk; a full disk first costs the least
worthy facts; when nothing helps, facts go to a bounded journal in memory under a stream of its own (numbers
given without a disk would be given twice after a restart) and are still sent; a damaged file is set aside
and a new stream begun, never a crash loop. Every loss is counted, and said once.
"""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from edge_agent.outbox.ballast import Ballast
from edge_agent.outbox.errors import JournalCorruptError, JournalUnavailableError, OutboxError
from edge_agent.outbox.journal import Journal, JournalStats, wal_bytes
from edge_agent.outbox.policy import Verdict
from edge_agent.outbox.seal import ClockReading
from edge_agent.outbox.sealed import Entry, Fact, Sealed, priority_of_fact
from fleet.wire.kinds import Priority
from fleet.wire.messages import STREAM_BYTES, Watermark

log = logging.getLogger(__name__)

SPARE_BYTES: Final = 8 * 2**20
RETRY_S: Final = 10.0
KEPT_DAMAGED: Final = 2
_FRESH_ALARMS: Final = 64
_ROOM: Final = 2**18


def random_stream() -> bytes:
    """Id of a new stream: 64 random bits."""
    return secrets.token_bytes(STREAM_BYTES)


class Outbox:
    """Journals by stream: the one on disk, and while the disk fails one in memory. Safe between threads.

    Args:
        path: the journal's file; its folder is made when missing.
        quota_bytes: bytes on disk before the least worthy facts are dropped.
        spare_bytes: the same for the journal in memory.
        new_stream: ids for new streams.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        path: Path,
        *,
        quota_bytes: int,
        spare_bytes: int = SPARE_BYTES,
        new_stream: Callable[[], bytes] = random_stream,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        ballast = 2 * wal_bytes(quota_bytes)
        self._quota = quota_bytes - ballast
        self._ballast = Ballast(path.with_name(path.name + ".reserve"), ballast)
        self._spare_bytes = spare_bytes
        self._new_stream = new_stream
        self._clock = clock
        self._lock = threading.RLock()
        self._disk: Journal | None = None
        self._spare: Journal | None = None
        self._problem = ""
        self._retry_at_s = 0.0
        self._full = False
        self._fresh_alarms: deque[tuple[bytes, int]] = deque(maxlen=_FRESH_ALARMS)
        self._listener: Callable[[], None] = lambda: None
        self._reopen()

    def listen(self, appended: Callable[[], None]) -> None:
        """Call `appended` after every append; it must not block."""
        self._listener = appended

    @property
    def problem(self) -> str:
        """Why facts are not on disk now; empty when they are."""
        return self._problem

    def append(self, facts: Sequence[Sealed]) -> None:
        """Store facts, on disk when that is possible."""
        if not facts:
            return
        with self._lock:
            journal = self._store(facts)
            first = journal.last_seq - len(facts) + 1
            for seq, each in enumerate(facts, first):
                if priority_of_fact(each.fact) is Priority.ALARM:
                    self._fresh_alarms.append((journal.stream, seq))
        self._listener()

    def take_fresh_alarms(self) -> list[tuple[bytes, int]]:
        """Stream and seq of alarms appended since the last call; only the newest, the rest go in order."""
        with self._lock:
            taken = list(self._fresh_alarms)
            self._fresh_alarms.clear()
            return taken

    def streams(self) -> tuple[bytes, ...]:
        """Streams that may have something to send, the one on disk first."""
        with self._lock:
            self._retire_spare()
            return tuple(journal.stream for journal in self._journals())

    def bounds(self, stream: bytes) -> tuple[int, int]:
        """Watermark and highest seq of a stream; (0, 0) when it is gone."""
        journal = self._journal(stream)
        return (0, 0) if journal is None else (journal.watermark, journal.last_seq)

    def awaits_word(self, stream: bytes) -> bool:
        """Whether the aggregator has yet to say, since the file was opened, how far it has this stream."""
        journal = self._journal(stream)
        return journal is not None and journal.awaits_word

    def unsent(self, stream: bytes, after_seq: int, limit: int) -> list[Entry]:
        """Next entries of a stream, in order; nothing while the disk cannot be read."""
        journal = self._journal(stream)
        if journal is None:
            return []
        try:
            return journal.unsent(after_seq, limit)
        except OutboxError as error:
            self._note_failure(journal, error)
            return []

    def fact(self, stream: bytes, seq: int) -> Fact | None:
        """One fact; None when it is settled, dropped or cannot be read."""
        journal = self._journal(stream)
        try:
            return None if journal is None else journal.fact(seq)
        except OutboxError as error:
            self._note_failure(journal, error)
            return None

    def mark_sent(self, stream: bytes, seq: int) -> None:
        """Remember that everything up to `seq` may have left the node."""
        journal = self._journal(stream)
        if journal is not None:
            journal.mark_sent(seq)

    def settle(self, watermark: Watermark) -> Verdict:
        """Judge an acknowledgement and delete what it settles."""
        journal = self._journal(watermark.stream)
        if journal is None:
            return Verdict.OTHER_STREAM
        try:
            verdict = self._settled(journal, watermark)
        except OutboxError as error:
            self._note_failure(journal, error)
            return Verdict.SETTLES
        if verdict is Verdict.ROLLED_BACK:
            log.warning(
                "the outbox is older than what the aggregator has of it (a card restored from an image?);"
                " a new stream was begun"
            )
        return verdict

    def _settled(self, journal: Journal, watermark: Watermark) -> Verdict:
        try:
            return journal.settle(watermark)
        except JournalUnavailableError as error:
            if not error.full:
                raise
        self._ballast.release()
        journal.make_room(0)
        journal.forget_settled()
        return Verdict.SETTLES

    def correct_times(self, clock: ClockReading) -> int:
        """Stamp again what was sealed in this boot before its clock was right."""
        corrected = 0
        for journal in self._journals():
            try:
                corrected += journal.correct_times(clock)
            except OutboxError as error:
                self._note_failure(journal, error)
        return corrected

    def stats(self) -> tuple[JournalStats, ...]:
        """Figures per stream, the disk's first."""
        figures = []
        for journal in self._journals():
            try:
                figures.append(journal.stats())
            except OutboxError as error:
                self._note_failure(journal, error)
        return tuple(figures)

    def close(self) -> None:
        """Close the file; what only memory holds is lost and said."""
        with self._lock:
            if self._spare is not None:
                left = self._spare.stats().rows
                if left:
                    log.error("%d facts were never on disk and are lost: %s", left, self._problem)
                self._spare.close()
            if self._disk is not None:
                self._disk.close()
            self._disk = self._spare = None

    def _journals(self) -> list[Journal]:
        with self._lock:
            return [journal for journal in (self._disk, self._spare) if journal is not None]

    def _journal(self, stream: bytes) -> Journal | None:
        return next((journal for journal in self._journals() if journal.stream == stream), None)

    def _store(self, facts: Sequence[Sealed]) -> Journal:
        if not self._problem or self._clock() >= self._retry_at_s:
            try:
                return self._store_on_disk(facts)
            except OutboxError as error:
                self._degrade(str(error))
        if self._spare is None:
            self._spare = Journal(None, quota_bytes=self._spare_bytes, new_stream=self._new_stream)
        self._spare.append(facts)
        return self._spare

    def _store_on_disk(self, facts: Sequence[Sealed]) -> Journal:
        if self._problem or self._disk is None:
            self._reopen()
        if self._disk is None:
            raise JournalUnavailableError(self._problem)
        try:
            if not self._path.exists():  # SQLite would go on writing to a file that nobody finds again
                raise JournalCorruptError("the outbox file has been removed")  # noqa: TRY301  as damage is
            self._disk.append(facts)
        except JournalUnavailableError as error:
            if not error.full:
                raise
            self._make_room(self._disk)
            self._disk.append(facts)
        except JournalCorruptError as error:
            self._set_aside(error)
            if self._disk is None:
                raise
            self._disk.append(facts)
        self._recovered()
        return self._disk

    def _reopen(self) -> None:
        """Open the file, a new one when it is damaged; leaves `_disk` None when the disk refuses.

        A connection that was opened on a read-only disk stays so, and with it every other that this process
        opens beside it: hence closed and opened again at every retry.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._disk is not None:
                self._disk.close()
                self._disk = None
            self._disk = self._opened()
        except JournalCorruptError as error:
            self._set_aside(error)
        except (OSError, JournalUnavailableError) as error:
            self._degrade(str(error))

    def _opened(self) -> Journal:
        return Journal(self._path, quota_bytes=self._quota, new_stream=self._new_stream)

    def _set_aside(self, error: JournalCorruptError) -> None:
        """Move a damaged file out of the way and begin a new stream."""
        if self._disk is not None:
            self._disk.close()
            self._disk = None
        aside = self._path.with_name(f"{self._path.name}.damaged-{secrets.token_hex(4)}")
        try:
            for suffix in ("", "-wal", "-shm"):
                part = self._path.with_name(self._path.name + suffix)
                if part.exists():
                    part.rename(aside.with_name(aside.name + suffix))
            self._disk = self._opened()
        except (OSError, OutboxError) as failure:
            self._degrade(f"the damaged outbox file cannot be replaced: {failure}")
            return
        kept = f"it was set aside as {aside.name}" if aside.exists() else "what waited in it is lost"
        log.error("%s; %s and a new stream begun", error, kept)
        self._discard_old_damaged()

    def _discard_old_damaged(self) -> None:
        found = [p for p in self._path.parent.glob(f"{self._path.name}.damaged-????????") if p.is_file()]
        for old in sorted(found, key=lambda p: p.stat().st_mtime)[:-KEPT_DAMAGED]:
            for suffix in ("", "-wal", "-shm"):
                old.with_name(old.name + suffix).unlink(missing_ok=True)

    def _degrade(self, problem: str) -> None:
        if not self._problem:
            log.error("%s; facts are held in memory and still sent: free or replace the disk", problem)
        self._problem = problem or "the outbox is not on disk"
        self._retry_at_s = self._clock() + RETRY_S

    def _recovered(self) -> None:
        if self._problem:
            log.info("the outbox is on disk again")
        self._problem = ""
        if self._clock() >= self._retry_at_s:
            self._retry_at_s = self._clock() + RETRY_S
            self._ballast.restore()
            if self._full and self._disk is not None and self._ballast.is_held:
                self._disk.free_to_grow()
                self._full = False
                log.info("the disk has space again")

    def _make_room(self, journal: Journal) -> None:
        self._ballast.release()
        dropped = journal.make_room(_ROOM)
        level = logging.DEBUG if self._full else logging.ERROR
        log.log(
            level, "the disk is full: the least worthy facts are dropped, now %d; free some space", dropped
        )
        self._full = True

    def _retire_spare(self) -> None:
        if self._spare is None or self._problem:
            return
        if self._spare.watermark >= self._spare.last_seq:
            self._spare.close()
            self._spare = None

    def _note_failure(self, journal: Journal | None, error: OutboxError) -> None:
        with self._lock:
            if isinstance(error, JournalCorruptError) and journal is not None and journal is self._disk:
                self._set_aside(error)
            else:
                self._degrade(str(error))

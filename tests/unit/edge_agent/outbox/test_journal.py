"""The outbox file: numbering, settlement, quota, crashes, damage; stateful proof that nothing is lost."""

import itertools
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge_agent.outbox.errors import JournalCorruptError, JournalUnavailableError
from edge_agent.outbox.journal import Journal
from edge_agent.outbox.policy import Verdict
from edge_agent.outbox.seal import ClockReading
from edge_agent.outbox.sealed import UNNUMBERED, Entry, Sealed, last_seq_of
from fleet.wire.messages import Event, MeasurementRow, Skipped, Watermark

ALARM, RECORD = "intruded", "line_crossed"
BIG = 50 * 2**20


def event(track_id: int = 0, kind: str = RECORD, *, at_ms: int = 1_000, clock: int = 0) -> Event:
    return Event(UNNUMBERED, at_ms, clock, kind, "rule", "cam-01", track_id=track_id)


def row(n: int = 1) -> MeasurementRow:
    return MeasurementRow(UNNUMBERED, 1_000, 60.0, "flow", "cam-01", "gate", "person", "forward", 3.0, n)


def sealed(*facts: Event | MeasurementRow) -> list[Sealed]:
    return [Sealed(fact) for fact in facts]


class Streams:
    """Ids 1, 2, 3, … so that a test can tell them apart."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self) -> bytes:
        return next(self._numbers).to_bytes(8, "big")


def journal(path: Path | None, quota: int = BIG) -> Journal:
    return Journal(path, quota_bytes=quota, new_stream=Streams())


def tracks_of(entries: list[Entry]) -> list[int]:
    return [entry.track_id for entry in entries if isinstance(entry, Event)]


def test_numbers_start_at_one_and_go_on_after_a_restart(tmp_path: Path) -> None:
    first = journal(tmp_path / "o.sqlite")
    ranges = [first.append(sealed(event(1), row())), first.append(sealed(event(2)))]
    first.close()
    again = journal(tmp_path / "o.sqlite")
    ranges.append(again.append(sealed(event(3))))
    assert [(r.first, r.last) for r in ranges] == [(1, 2), (3, 3), (4, 4)]
    assert again.stream == (1).to_bytes(8, "big")


def test_numbers_go_on_when_everything_was_settled_before_the_restart(tmp_path: Path) -> None:
    first = journal(tmp_path / "o.sqlite")
    first.append(sealed(event(), event(), event()))
    first.mark_sent(3)
    assert first.settle(Watermark(first.stream, 3)) is Verdict.SETTLES
    first.close()
    again = journal(tmp_path / "o.sqlite")
    assert (again.last_seq, again.watermark, again.unsent(0, 10)) == (3, 3, [])
    assert again.append(sealed(event())).first == 4


def test_facts_come_back_as_they_were_with_their_numbers() -> None:
    box = Event(
        UNNUMBERED, 5, 0, ALARM, "r", "c", "z", "person", 7, 900, "forward", 1.5, (1, 2, 3, 4), 2.5, (), "m"
    )
    stored = journal(None)
    stored.append(sealed(box, row(9)))
    found = stored.unsent(0, 10)
    assert [type(entry) for entry in found] == [Event, MeasurementRow]
    assert [last_seq_of(entry) for entry in found] == [1, 2]
    assert isinstance(found[0], Event)
    assert (found[0].box_e4, found[0].value, found[0].model) == (box.box_e4, box.value, box.model)
    assert stored.fact(2) == found[1]


@pytest.mark.parametrize(
    ("stream", "seq", "expected", "left"),
    [
        (1, 2, Verdict.SETTLES, 3),
        (1, 0, Verdict.STALE, 5),
        (9, 5, Verdict.OTHER_STREAM, 5),
        (1, 4, Verdict.BEYOND_SENT, 5),
    ],
)
def test_only_an_acknowledgement_of_what_was_sent_settles(
    stream: int, seq: int, expected: Verdict, left: int
) -> None:
    stored = journal(None)
    stored.append(sealed(*(event(n) for n in range(5))))
    stored.mark_sent(3)
    assert stored.settle(Watermark(stream.to_bytes(8, "big"), seq)) is expected
    assert stored.stats().rows == left


def test_after_a_restart_what_an_earlier_life_may_have_sent_can_be_settled(tmp_path: Path) -> None:
    first = journal(tmp_path / "o.sqlite")
    first.append(sealed(event(1), event(2)))
    first.close()
    again = journal(tmp_path / "o.sqlite")
    again.append(sealed(event(3)))
    assert again.settle(Watermark(again.stream, 2)) is Verdict.SETTLES
    assert tracks_of(again.unsent(0, 10)) == [3]


def test_a_file_of_an_earlier_life_awaits_the_aggregators_word(tmp_path: Path) -> None:
    first = journal(tmp_path / "o.sqlite")
    first.append(sealed(event(1), event(2)))
    assert not first.awaits_word  # nobody can know of a stream that has just been made
    first.close()
    again = journal(tmp_path / "o.sqlite")
    assert again.awaits_word
    assert again.settle(Watermark(b"\x07" * 8, 2)) is Verdict.OTHER_STREAM
    assert again.awaits_word
    assert again.settle(Watermark(again.stream, 0)) is Verdict.STALE
    assert not again.awaits_word


def test_a_file_older_than_itself_ends_its_stream_and_keeps_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    first = journal(path)
    first.append(sealed(event(1), event(2)))
    first.close()
    again = Journal(path, quota_bytes=BIG, new_stream=lambda: b"afterall")
    again.append(sealed(event(3), event(4)))
    old = again.stream
    assert again.settle(Watermark(old, 90)) is Verdict.ROLLED_BACK
    assert again.stream != old
    assert not again.awaits_word
    assert [(entry.seq, entry.track_id) for entry in again.unsent(0, 9) if isinstance(entry, Event)] == [
        (1, 3),
        (2, 4),
    ]
    assert again.append(sealed(event(5))).first == 3


def test_the_quota_drops_measurements_then_records_oldest_first_and_keeps_alarms(tmp_path: Path) -> None:
    stored = journal(tmp_path / "o.sqlite", 2**20)
    for n in range(400):
        stored.append(sealed(event(n, ALARM if n % 4 == 0 else RECORD), *(row(n) for _ in range(20))))
    middle = stored.stats()
    for n in range(400, 15_000, 50):
        stored.append(sealed(*(event(m, ALARM if m % 10 == 0 else RECORD) for m in range(n, n + 50))))
    stats = stored.stats()
    entries = stored.unsent(0, 10**6)
    alarms = [e.track_id for e in entries if isinstance(e, Event) and e.kind == ALARM]
    records = [e.track_id for e in entries if isinstance(e, Event) and e.kind == RECORD]
    assert middle.rows == 8_400
    assert alarms == [n for n in range(400) if n % 4 == 0] + list(range(400, 15_000, 10))
    assert records == [n for n in range(records[0], 15_000) if n % 10]
    assert not [e for e in entries if isinstance(e, MeasurementRow)]
    assert stats.skipped == stats.dropped == sum(e.count for e in entries if isinstance(e, Skipped))
    assert stats.rows == len(alarms) + len(records)
    assert sum(f.stat().st_size for f in tmp_path.iterdir() if f.suffix != ".sqlite-shm") < 1.1 * 2**20


def test_skips_outlive_a_restart_and_end_when_the_watermark_has_passed_them(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    first = journal(path)
    first.append(sealed(row(1), event(2), row(3), row(4)))
    assert first.make_room(10**6) == 4
    first.close()
    again = journal(path)
    assert again.unsent(0, 10) == [Skipped(1, 4, "quota", 4)]
    again.settle(Watermark(again.stream, 2))
    assert again.unsent(0, 10) == [Skipped(3, 4, "quota", 2)]
    again.settle(Watermark(again.stream, 4))
    assert (again.unsent(0, 10), again.stats().skipped) == ([], 0)


def test_a_fact_with_damaged_bytes_is_declared_skipped(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    first = journal(path)
    first.append(sealed(event(1), event(2), event(3)))
    first.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE records SET body = x'c1' WHERE seq = 2")
    db.close()
    entries = journal(path).unsent(0, 10)
    assert tracks_of(entries) == [1, 3]
    assert entries[1] == Skipped(2, 2, "unreadable", 1)


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 400])
def test_a_file_that_is_no_journal_says_so_or_is_begun_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "o.sqlite"
    path.write_bytes(damage)
    if damage:
        with pytest.raises(JournalCorruptError):
            journal(path)
    else:
        assert journal(path).append(sealed(event())).first == 1


def test_a_closed_journal_is_unavailable_not_damaged() -> None:
    stored = journal(None)
    stored.close()
    with pytest.raises(JournalUnavailableError):
        stored.append(sealed(event()))


def test_times_are_put_right_for_this_boot_only() -> None:
    stored = journal(None)
    stored.append(
        [
            Sealed(event(1, at_ms=40, clock=2), 40, "boot-a"),
            Sealed(event(2, at_ms=50, clock=2), 50, "boot-b"),
            Sealed(row(), 60, "boot-b"),
            Sealed(event(3, at_ms=900)),
        ]
    )
    before = stored.unsent(0, 9)
    assert stored.correct_times(ClockReading(1_000_000, 0, "boot-b")) == 2
    after = stored.unsent(0, 9)
    events = [(e.occurred_at_ms, e.clock) for e in after if isinstance(e, Event)]
    assert events == [(40, 2), (1_000_050, 0), (900, 0)]
    rows = [(e.start_ms, e.quality) for e in (before[2], after[2]) if isinstance(e, MeasurementRow)]
    assert rows == [(1_000, 1), (1_000_060, 0)]
    assert stored.correct_times(ClockReading(2_000_000, 0, "boot-b")) == 0


_WRITER = """
import sys
from pathlib import Path
from edge_agent.outbox.journal import Journal
from edge_agent.outbox.sealed import Sealed
from fleet.wire.messages import Event
journal = Journal(Path(sys.argv[1]), quota_bytes=2**24, new_stream=lambda: b"12345678")
while True:
    found = journal.append([Sealed(Event(1, 1, 0, "line_crossed", "r", "c", track_id=n)) for n in range(7)])
    sys.stdout.write(f"{found.last}\\n")
    sys.stdout.flush()
"""


def test_what_was_confirmed_before_a_kill_is_in_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    with subprocess.Popen([sys.executable, "-c", _WRITER, path], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(30):
            confirmed = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
    found = journal(path)
    assert found.last_seq >= confirmed
    assert found.last_seq % 7 == 0
    assert [last_seq_of(entry) for entry in found.unsent(0, 10**6)] == list(range(1, found.last_seq + 1))


class JournalLife(RuleBasedStateMachine):
    """Appends, sends, acknowledgements true and false, drops and crashes, against a plain list.

    A crash copies the files as they are on disk to a new place and opens the copy, as after a power cut.
    """

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="journal-"))
        self.lives = 0
        self.streams = Streams()
        self.journal = self.opened()
        self.made: dict[int, int] = {}  # seq → the fact's own mark
        self.arrived: set[int] = set()
        self.declared: set[int] = set()
        self.settled = 0
        self.next_mark = 0

    def opened(self) -> Journal:
        return Journal(self.folder / "o.sqlite", quota_bytes=2**20, new_stream=self.streams)

    @rule(kinds=st.lists(st.sampled_from([ALARM, RECORD, ""]), min_size=1, max_size=6))
    def append(self, kinds: list[str]) -> None:
        facts: list[Event | MeasurementRow] = []
        for kind in kinds:
            self.next_mark += 1
            facts.append(event(self.next_mark, kind) if kind else row(self.next_mark))
        given = self.journal.append(sealed(*facts))
        assert given.first == len(self.made) + 1
        for seq, fact in enumerate(facts, given.first):
            self.made[seq] = mark_of(fact)

    @rule(after=st.integers(0, 40), limit=st.integers(1, 8))
    def send(self, after: int, limit: int) -> None:
        expected = max(after, self.settled) + 1
        for entry in self.journal.unsent(after, limit):
            if isinstance(entry, Skipped):
                assert entry.from_seq <= expected
                assert entry.count == entry.to_seq - entry.from_seq + 1
                self.declared |= set(range(entry.from_seq, entry.to_seq + 1))
            else:
                assert entry.seq == expected
                assert mark_of(entry) == self.made[entry.seq]
                self.arrived.add(entry.seq)
            expected = last_seq_of(entry) + 1
            self.journal.mark_sent(last_seq_of(entry))

    @rule(times=st.integers(1, 3))
    def acknowledge(self, times: int) -> None:
        known = self.arrived | self.declared
        watermark = next(n for n in itertools.count() if n + 1 not in known)
        for _ in range(times):
            self.journal.settle(Watermark(self.journal.stream, watermark))
        self.settled = max(self.settled, watermark)

    @rule(ahead=st.integers(1, 5))
    def acknowledge_falsely(self, ahead: int) -> None:
        self.journal.settle(Watermark(b"\xff" * 8, ahead))

    @precondition(lambda self: len(self.made) > self.settled)
    @rule(need=st.integers(1, 200))
    def drop(self, need: int) -> None:
        self.journal.make_room(need)

    @rule()
    def crash(self) -> None:
        self.lives += 1
        elsewhere = self.folder.with_name(f"{self.folder.name}-{self.lives}")
        shutil.copytree(self.folder, elsewhere)
        self.journal.close()
        shutil.rmtree(self.folder)
        self.folder = elsewhere
        self.journal = self.opened()

    @invariant()
    def nothing_is_lost_that_was_not_declared(self) -> None:
        if not hasattr(self, "journal"):
            return
        held: set[int] = set()
        for entry in self.journal.unsent(0, 10**6):
            first = entry.from_seq if isinstance(entry, Skipped) else entry.seq
            held |= set(range(first, last_seq_of(entry) + 1))
        assert held == set(range(self.settled + 1, len(self.made) + 1))
        assert self.journal.watermark == self.settled

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.journal.close()
            shutil.rmtree(self.folder)


def mark_of(fact: Event | MeasurementRow) -> int:
    return fact.track_id if isinstance(fact, Event) else fact.n


TestJournalLife = JournalLife.TestCase
TestJournalLife.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)

"""What the outbox does when the disk is full, damaged or not there."""

import logging
import sqlite3
from pathlib import Path

import pytest

from edge_agent.outbox.outbox import KEPT_DAMAGED, RETRY_S, Outbox
from edge_agent.outbox.policy import Verdict
from edge_agent.outbox.sealed import UNNUMBERED, Sealed
from fleet.wire.messages import Event, MeasurementRow, Skipped, Watermark


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def event(n: int, kind: str = "line_crossed") -> Sealed:
    return Sealed(Event(UNNUMBERED, 1_700_000_000_000, 0, kind, "gate", "cam-01", track_id=n))


def row(n: int) -> Sealed:
    return Sealed(MeasurementRow(UNNUMBERED, 0, 60.0, "flow", "cam-01", "gate", "car", "forward", 1.0, n))


def blocked(tmp_path: Path, clock: Clock) -> Outbox:
    """An outbox whose folder cannot be made, for a file stands in its place."""
    (tmp_path / "data").write_text("in the way")
    return Outbox(tmp_path / "data" / "o.sqlite", quota_bytes=2**22, clock=clock)


def test_without_a_disk_facts_are_held_in_memory_under_a_stream_of_their_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = blocked(tmp_path, Clock())
    for n in range(3):
        outbox.append([event(n)])
    (stream,) = outbox.streams()
    sent = outbox.unsent(stream, 0, 10)
    assert [entry.track_id for entry in sent if isinstance(entry, Event)] == [0, 1, 2]
    assert outbox.problem != ""
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
    outbox.mark_sent(stream, 3)
    assert outbox.settle(Watermark(stream, 3)) is Verdict.SETTLES
    outbox.close()


def test_when_the_disk_comes_back_so_do_the_facts_and_memory_is_given_up_when_empty(tmp_path: Path) -> None:
    clock = Clock()
    outbox = blocked(tmp_path, clock)
    outbox.append([event(1)])
    (memory,) = outbox.streams()
    (tmp_path / "data").unlink()
    clock.now_s = RETRY_S
    outbox.append([event(2)])
    assert outbox.problem == ""
    disk, other = outbox.streams()
    assert other == memory
    assert [e.track_id for e in outbox.unsent(disk, 0, 9) if isinstance(e, Event)] == [2]
    outbox.mark_sent(memory, 1)
    outbox.settle(Watermark(memory, 1))
    assert outbox.streams() == (disk,)
    outbox.close()


def test_memory_is_bounded_and_what_it_drops_is_declared(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    outbox = Outbox(tmp_path / "data" / "o.sqlite", quota_bytes=2**22, spare_bytes=2**17)
    for n in range(0, 4_000, 50):
        outbox.append([row(m) for m in range(n, n + 49)] + [event(n, "intruded")])
    (stats,) = outbox.stats()
    entries = outbox.unsent(stats.stream, 0, 10_000)
    assert stats.bytes_used < 2**18
    assert stats.dropped == sum(e.count for e in entries if isinstance(e, Skipped)) > 0
    assert len([e for e in entries if isinstance(e, Event)]) == 80
    outbox.close()


def test_what_only_memory_held_is_said_at_the_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    outbox = blocked(tmp_path, Clock())
    outbox.append([event(1), event(2)])
    outbox.close()
    assert "2 facts were never on disk" in caplog.text


def test_a_damaged_file_is_set_aside_and_a_new_stream_begun(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "o.sqlite"
    streams = set()
    for n in range(KEPT_DAMAGED + 3):
        outbox = Outbox(path, quota_bytes=2**22)
        outbox.append([event(n)])
        streams.add(outbox.streams()[0])
        assert outbox.problem == ""
        outbox.close()
        path.write_bytes(b"no database " * 500)
    assert len(streams) == KEPT_DAMAGED + 3
    assert len(list(tmp_path.glob("o.sqlite.damaged-????????"))) == KEPT_DAMAGED
    assert "set aside as o.sqlite.damaged-" in caplog.text


def test_damage_found_while_running_is_survived_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "o.sqlite"
    outbox = Outbox(path, quota_bytes=2**22)
    outbox.append([event(1)])
    first = outbox.streams()[0]
    other = sqlite3.connect(path)
    other.execute("DROP TABLE skips")
    other.execute("CREATE TRIGGER broken BEFORE INSERT ON records BEGIN SELECT RAISE(ABORT, 'damage'); END")
    other.commit()
    other.close()
    outbox.append([event(2)])
    assert outbox.streams()[0] != first
    assert [e.track_id for e in outbox.unsent(outbox.streams()[0], 0, 9) if isinstance(e, Event)] == [2]
    assert "set aside" in caplog.text
    outbox.close()


def test_a_file_that_was_removed_is_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "o.sqlite"
    outbox = Outbox(path, quota_bytes=2**22)
    outbox.append([event(1)])
    path.unlink()
    outbox.append([event(2)])
    assert path.exists()
    assert outbox.stats()[0].rows == 1
    assert "removed" in caplog.text
    outbox.close()


def test_a_full_disk_costs_the_least_worthy_facts_and_no_alarm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite's own page limit stands in for the disk's: the same error, from the same place."""
    clock = Clock()
    outbox = Outbox(tmp_path / "o.sqlite", quota_bytes=2**26, clock=clock)
    for n in range(0, 8_000, 100):
        outbox.append([row(m) for m in range(n, n + 99)] + [event(n, "intruded")])
    assert outbox._disk is not None
    (pages,) = outbox._disk._db.execute("PRAGMA page_count").fetchone()
    outbox._disk._db.execute(f"PRAGMA max_page_count = {pages + 10}").fetchall()
    for n in range(8_000, 16_000, 100):
        outbox.append([row(m) for m in range(n, n + 99)] + [event(n, "intruded")])
    (stats,) = outbox.stats()
    entries = outbox.unsent(stats.stream, 0, 10**6)
    assert outbox.problem == ""
    assert stats.dropped == stats.skipped > 3_000
    assert [e.track_id for e in entries if isinstance(e, Event)] == list(range(0, 16_000, 100))
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
    clock.now_s = 2 * RETRY_S
    outbox.append([event(1)])
    for n in range(0, 3_000, 100):
        outbox.append([row(m) for m in range(n, n + 99)])
    assert outbox.stats()[0].dropped == stats.dropped
    outbox.close()


def test_only_new_alarms_are_offered_before_their_turn(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.sqlite", quota_bytes=2**22)
    outbox.append([event(1), event(2, "intruded"), row(3)])
    stream = outbox.streams()[0]
    assert outbox.take_fresh_alarms() == [(stream, 2)]
    assert outbox.take_fresh_alarms() == []
    outbox.close()


def test_unknown_streams_have_nothing_and_settle_nothing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.sqlite", quota_bytes=2**22)
    other = b"\x01" * 8
    assert outbox.unsent(other, 0, 10) == []
    assert outbox.fact(other, 1) is None
    assert outbox.bounds(other) == (0, 0)
    assert outbox.settle(Watermark(other, 1)) is Verdict.OTHER_STREAM
    outbox.close()

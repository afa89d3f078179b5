import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from builders.ingest import row

from aggregator.errors import StoreError, StoreInUseError, StoreRefusedError
from aggregator.storage.seq_ranges import SeqRanges
from aggregator.storage.timeseries import duckdb_store
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.store import (
    Aggregate,
    Point,
    SeriesQuery,
    StreamCount,
    StreamRows,
    Tag,
    TagFilter,
)

OpenStore = Callable[[], DuckDbStore]
MINUTE = 60_000
T0 = 1_770_000_000_000 // MINUTE * MINUTE


def part(*seqs: int, node: str = "n-1", settled: SeqRanges | None = None, **fields: object) -> StreamRows:
    rows = tuple(row(seq, **fields) for seq in seqs)
    return StreamRows(node, "00" * 8, rows, settled or SeqRanges())


def counted(store: DuckDbStore) -> list[tuple[str, int, int]]:
    return [(found.node, found.rows, found.repeated) for found in store.counts()]


def test_what_was_applied_is_known_after_a_restart(open_store: OpenStore) -> None:
    store = open_store()
    store.write((part(1, 2, 5),))
    store.close()
    store = open_store()
    result = store.write((part(2, 3, 5, 9),))
    assert (result.stored, result.repeated) == (2, 2)
    assert counted(store) == [("n-1", 5, 0)]


def test_what_is_settled_is_never_stored_again(open_store: OpenStore) -> None:
    store = open_store()
    result = store.write((part(3, 7, 8, 20, settled=SeqRanges(5, ((8, 9),))),))
    assert (result.stored, result.repeated) == (2, 2)


def test_a_batch_with_one_bad_row_stores_nothing(open_store: OpenStore) -> None:
    store = open_store()
    with pytest.raises(StoreRefusedError):
        store.write((part(1, 2), part(3, quality=1_000)))
    with pytest.raises(StoreRefusedError, match="stands twice"):
        store.write((part(4, 4),))
    assert counted(store) == []
    assert store.write((part(1, 2),)).stored == 2


def test_the_log_of_applied_ranges_is_compacted(open_store: OpenStore) -> None:
    store = open_store()
    steps = 300
    for step in range(steps):
        store.write((part(2 * step + 1), part(2 * step + 1, node="n-2")))
    store._compact()
    assert store._file.connection.execute("SELECT count(*) FROM applied").fetchall() == [(2,)]
    store.close()
    assert open_store().write((part(1, 2 * steps - 1), part(7, node="n-2"))).stored == 0


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        (Aggregate.SUM, [(0, 6.0), (1, 9.0)]),
        (Aggregate.MEAN, [(0, 2.0), (1, 4.5)]),
        (Aggregate.MAX, [(0, 3.0), (1, 5.0)]),
        (Aggregate.MIN, [(0, 1.0), (1, 4.0)]),
        (Aggregate.LAST, [(0, 3.0), (1, 5.0)]),
        (Aggregate.COUNT, [(0, 3.0), (1, 2.0)]),
    ],
)
def test_values_join_in_buckets(
    open_store: OpenStore, aggregate: Aggregate, expected: list[tuple[int, float]]
) -> None:
    store = open_store()
    starts = {1: 0, 2: 10_000, 3: 59_999, 4: 60_000, 5: 119_999, 6: 120_000}
    store.write(tuple(part(seq, start_ms=T0 + start) for seq, start in starts.items()))
    points = store.query(SeriesQuery("flow", T0, T0 + 2 * MINUTE, aggregate, 60))
    assert [(T0 + minute * MINUTE, value) for minute, value in expected] == [
        (point.start_ms, point.value) for point in points
    ]


def test_points_are_filtered_grouped_and_limited(open_store: OpenStore) -> None:
    store = open_store()
    kinds = [("car", "in"), ("car", "out"), ("bus", "in"), ("bus", "in")]
    for seq, (kind, direction) in enumerate(kinds, 1):
        store.write((part(seq, start_ms=T0, class_name=kind, direction=direction),))
    query = SeriesQuery("flow", T0, T0 + 1, Aggregate.SUM, None, group_by=(Tag.CLASS, Tag.DIRECTION))
    expected = (
        Point(T0, ("bus", "in"), 7.0, 2),
        Point(T0, ("car", "in"), 1.0, 1),
        Point(T0, ("car", "out"), 2.0, 1),
    )
    assert expected == store.query(query)
    wanted = (TagFilter(Tag.CLASS, ("bus", "'; DROP TABLE measurements; --")), TagFilter(Tag.NODE, ("n-1",)))
    filtered = SeriesQuery("flow", T0, T0 + 1, Aggregate.SUM, None, wanted)
    assert (Point(T0, (), 7.0, 2),) == store.query(filtered)
    assert (
        store.query(SeriesQuery("flow", T0, T0 + 1, Aggregate.SUM, None, (TagFilter(Tag.CLASS, ()),))) == ()
    )
    limited = SeriesQuery("flow", T0, T0 + 1, Aggregate.SUM, None, group_by=(Tag.CLASS,), limit=1)
    assert [point.tags[0] for point in store.query(limited)] == ["bus"]


def test_counts_tell_streams_and_nodes_apart(open_store: OpenStore) -> None:
    store = open_store()
    store.write((part(1, 2), part(1, node="n-2")))
    assert (StreamCount("n-2", "00" * 8, 1, 0),) == store.counts("n-2")
    assert counted(store) == [("n-1", 2, 0), ("n-2", 1, 0)]


def test_rows_are_read_while_others_are_written(open_store: OpenStore) -> None:
    store = open_store()
    done = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not done.is_set():
            seen.append(sum(found.rows for found in store.counts()))

    reader = threading.Thread(target=read)
    reader.start()
    for first in range(1, 2_001, 50):
        store.write((part(*range(first, first + 50)),))
    done.set()
    reader.join()
    assert ([("n-1", 2_000, 0)], sorted(seen), 0) == (counted(store), seen, sum(seen) % 50)


def test_a_second_process_is_refused_with_the_next_step(open_store: OpenStore, tmp_path: Path) -> None:
    open_store()
    code = (
        "from pathlib import Path; from aggregator.storage.timeseries.duckdb_store import DuckDbStore;"
        f"DuckDbStore(Path({str(tmp_path / 'timeseries.duckdb')!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{StoreInUseError.__name__}: another process owns" in done.stderr


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    (tmp_path / "rubbish.duckdb").write_bytes(b"rubbish" * 1_000)
    with pytest.raises(StoreError, match="cannot open the time-series store"):
        DuckDbStore(tmp_path / "rubbish.duckdb")


_WRITER = """
import sys
from pathlib import Path
from builders.ingest import row
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.store import StreamRows
store = DuckDbStore(Path(sys.argv[1]))
first = int(sys.argv[2])
while True:
    store.write((StreamRows("n-1", "00" * 8, tuple(row(s) for s in range(first, first + 100))),))
    print(first + 99, flush=True)
    first += 100
"""


def test_what_write_returned_for_survives_kill9_and_nothing_is_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "killed.duckdb"
    acknowledged = 0
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path), str(max(1, acknowledged - 149))],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        with writer:
            assert writer.stdout is not None
            for _ in range(40):
                acknowledged = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *[int(line) for line in writer.stdout.read().split()]])
    store = DuckDbStore(path)
    (found,) = store.counts()
    store.close()
    assert found.repeated == 0
    assert acknowledged <= found.rows <= acknowledged + 100


def test_the_store_recovers_by_itself_from_a_write_that_failed(open_store: OpenStore) -> None:
    store = open_store()
    store.write((part(1, 2),))
    store._file.connection.close()  # what DuckDB does to every connection after a fatal error
    with pytest.raises(StoreError):
        store.write((part(3),))
    assert ((result := store.write((part(1, 2, 3),))).stored, result.repeated) == (1, 2)
    assert counted(store) == [("n-1", 3, 0)]


def test_compaction_is_due_in_the_life_of_a_server() -> None:
    assert 1_000 < duckdb_store._COMPACT_AFTER < 1_000_000

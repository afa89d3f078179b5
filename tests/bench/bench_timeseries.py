"""The write path of the time series: encoding of lines, and the embedded store beside a bare appender.

Prints one JSON line. `encode`: our lines against influxdb-client's `Point` objects, turned into the same
lines. `duckdb`: durable rows a second in batches, with the record of what was applied, dirty minutes, and
roll-ups made in the background; while two dashboards refresh every 5 s; the bare appender writes the same
tuples in transactions of the same size, alternately with the store, on the same disk. `met`: lines at five
times the speed of Points, and 100,000 durable rows a second.

    python tests/bench/bench_timeseries.py [--rows N] [--batch N] [--rounds N] [--influx]
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from influxdb_client import Point, WritePrecision
from servers.influxdb import InfluxServer

from aggregator.storage.timeseries.duckdb_samples import SampleColumns
from aggregator.storage.timeseries.duckdb_schema import SAMPLES
from aggregator.storage.timeseries.duckdb_series import SeriesBook
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.influx_http import InfluxHttp
from aggregator.storage.timeseries.influx_store import InfluxStore
from aggregator.storage.timeseries.influx_target import Flavour, InfluxTarget
from aggregator.storage.timeseries.line_protocol import lines_of
from aggregator.storage.timeseries.store import NS_PER_MS, Aggregate, SeriesQuery, StreamRows, Tag
from fleet.wire.messages import MeasurementRow

T0_MS = 1_760_000_000_000
NODES = 20
LEAST_RATIO = 5
LEAST_ROWS_PER_S = 100_000


def rows_of(first: int, count: int) -> tuple[MeasurementRow, ...]:
    """Rows as a node sends them: one a second, two directions, three classes."""
    return tuple(
        MeasurementRow(
            seq,
            T0_MS + seq * 100,
            60.0,
            ("flow", "occupancy")[seq % 2],
            f"cam-{seq % 4}",
            "gate",
            ("car", "bus", "motorbike")[seq % 3],
            ("forward", "backward")[seq % 2],
            seq * 0.5,
            3,
            0,
        )
        for seq in range(first, first + count)
    )


def batches(rows: int, batch: int) -> list[tuple[StreamRows, ...]]:
    """Batches of `batch` rows, each of one node after the other, as ingest writes them."""
    return [
        (
            StreamRows(
                f"n-{index % NODES}", f"{index % NODES:016x}", rows_of(index // NODES * batch + 1, batch)
            ),
        )
        for index in range(rows // batch)
    ]


def encoding(rows: int, rounds: int) -> dict[str, float]:
    """Lines a second of ours and of Point objects, alternately; each round's ratio, and the median."""
    part = StreamRows("n-1", "00" * 8, rows_of(1, rows), site="q-1")
    ours, theirs = [], []
    for _ in range(rounds):
        began_s = time.perf_counter()
        lines = lines_of(part, part.rows)
        ours.append(rows / (time.perf_counter() - began_s))
        began_s = time.perf_counter()
        made = [_point_line(part, row) for row in part.rows]
        theirs.append(rows / (time.perf_counter() - began_s))
    if sorted(made[0].split(" ")[0].split(",")) != sorted(lines[0].split(" ")[0].split(",")):
        raise SystemExit(f"the two do not encode the same:\n{made[0]}\n{lines[0]}")
    return {
        "lines_per_s": round(statistics.median(ours)),
        "points_per_s": round(statistics.median(theirs)),
        "ratio": round(statistics.median([a / b for a, b in zip(ours, theirs, strict=True)]), 2),
    }


def _point_line(part: StreamRows, row: MeasurementRow) -> str:
    point = Point(row.name).tag("site", part.site).tag("node", part.node).tag("source", row.source)
    point = point.tag("zone_or_line", row.zone_or_line).tag("class", row.class_name)
    point = point.tag("direction", row.direction).field("value", row.value).field("n", row.n)
    point = point.field("quality", row.quality).field("period_s", row.period_s)
    point = point.field("stream", part.stream).field("seq", row.seq)
    made: str = point.time(
        row.start_ms * NS_PER_MS + row.seq % NS_PER_MS, WritePrecision.NS
    ).to_line_protocol()
    return made


class Dashboards:
    """Two readers that ask for a day every 5 s, and a roll-up every second: what runs beside ingest."""

    def __init__(self, store: DuckDbStore) -> None:
        self._store = store
        self._done = threading.Event()
        work = [self._show, self._show, self._roll_up]
        self._threads = [threading.Thread(target=each) for each in work]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop them."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _show(self) -> None:
        day = SeriesQuery(
            "flow", T0_MS, T0_MS + 86_400_000, Aggregate.SUM, 60, group_by=(Tag.CLASS, Tag.DIRECTION)
        )
        while not self._done.wait(5):
            self._store.query(day)

    def _roll_up(self) -> None:
        while not self._done.wait(1):
            self._store.refresh(30)


def store_rate(directory: Path, made: Sequence[tuple[StreamRows, ...]], *, busy: bool) -> list[float]:
    """Seconds of each write of the store."""
    store = DuckDbStore(directory / "store.duckdb")
    beside = Dashboards(store) if busy else None
    took = []
    for batch in made:
        began_s = time.perf_counter()
        store.write(batch)
        took.append(time.perf_counter() - began_s)
    if beside is not None:
        beside.close()
    store.close()
    return took


def bare_rate(directory: Path, made: Sequence[tuple[StreamRows, ...]]) -> list[float]:
    """Seconds of each transaction of a bare appender with the same rows of numbers, made ahead."""
    connection = duckdb.connect(str(directory / "bare.duckdb"), config={"threads": 2})
    connection.execute(SAMPLES).fetchall()
    book = SeriesBook()
    tuples = []
    for batch in made:
        columns = SampleColumns()
        for part in batch:
            columns.add(book.ids_of(part, part.rows), part.rows)
        arrays = columns.arrays()
        tuples.append(list(zip(*(arrays[name].tolist() for name in arrays), strict=True)))
    took = []
    for rows in tuples:
        began_s = time.perf_counter()
        connection.begin()
        with connection.appender("samples") as appender:
            appender.append_rows(rows)
            appender.flush()
        connection.commit()
        took.append(time.perf_counter() - began_s)
    connection.close()
    return took


def influx_rate(directory: Path, made: Sequence[tuple[StreamRows, ...]]) -> float:
    """Rows a second that a real InfluxDB 1.x takes from the store."""
    with InfluxServer(directory) as server:
        store = InfluxStore(InfluxHttp(InfluxTarget(server.url, Flavour.V1, "bench")))
        store.check()
        began_s = time.perf_counter()
        for batch in made:
            store.write(batch)
        took = time.perf_counter() - began_s
        store.close()
    return sum(len(part.rows) for batch in made for part in batch) / took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--batch", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--influx", action="store_true", help="also a real InfluxDB 1.x")
    options = parser.parse_args()
    made = batches(options.rows, options.batch)
    stores, busy, bares, ratios, slow = [], [], [], [], []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="matthan-bench-") as directory:
            place = Path(directory)
            alone = store_rate(place, made, busy=False)
            bare = bare_rate(place, made)
            (place / "store.duckdb").unlink()
            beside = store_rate(place, made, busy=True)
        stores.append(options.rows / sum(alone))
        bares.append(options.rows / sum(bare))
        busy.append(options.rows / sum(beside))
        ratios.append(sum(bare) / sum(alone))
        slow.append(statistics.quantiles(beside, n=100)[98])
    encoded = encoding(20_000, options.rounds)
    rows_per_s = round(statistics.median(stores))
    found: dict[str, object] = {
        "bench": "timeseries",
        "met": encoded["ratio"] >= LEAST_RATIO and rows_per_s >= LEAST_ROWS_PER_S,
        "rows": options.rows,
        "batch": options.batch,
        "encode": encoded,
        "duckdb": {
            "rows_per_s": rows_per_s,
            "bare_appender_rows_per_s": round(statistics.median(bares)),
            "share_of_bare": round(statistics.median(ratios), 2),
            "rows_per_s_with_dashboards": round(statistics.median(busy)),
            "write_p99_ms_with_dashboards": round(statistics.median(slow) * 1000, 1),
        },
    }
    if options.influx:
        with tempfile.TemporaryDirectory(prefix="matthan-bench-") as directory:
            found["influxdb_1x_rows_per_s"] = round(influx_rate(Path(directory), made))
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()

"""Time-series stores of every kind over real servers, and the values that their tests write."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from builders.ingest import event, row
from servers.influxdb import InfluxServer

from aggregator.storage.seq_ranges import SeqRanges
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.influx_http import InfluxHttp, Patience
from aggregator.storage.timeseries.influx_store import InfluxStore
from aggregator.storage.timeseries.influx_target import Flavour, InfluxTarget
from aggregator.storage.timeseries.store import (
    Aggregate,
    EventPoint,
    Point,
    SeriesQuery,
    SeriesStore,
    StreamRows,
    Tag,
)

MINUTE = 60_000
HOUR = 60 * MINUTE
T0 = 1_770_000_000_000 // HOUR * HOUR
OpenStore = Callable[[], SeriesStore]
IMPATIENT = Patience(tries=2, base_s=0.01, cap_s=0.05, connect_s=1.0, answer_s=10.0)


def part(*seqs: int, node: str = "n-1", settled: SeqRanges | None = None, **fields: object) -> StreamRows:
    """Rows of one stream."""
    rows = tuple(row(seq, **fields) for seq in seqs)
    return StreamRows(node, "00" * 8, rows, settled or SeqRanges())


def points_of_events(*ids: int, node: str = "n-1") -> list[EventPoint]:
    """Events to project."""
    return [EventPoint(id_, node, "00" * 8, "q-1", event(id_)) for id_ in ids]


def influx_v1(server: InfluxServer, database: str, patience: Patience = IMPATIENT) -> InfluxStore:
    """A store on a real InfluxDB 1.x."""
    return InfluxStore(InfluxHttp(InfluxTarget(server.url, Flavour.V1, database), patience=patience))


def duckdb(directory: Path) -> DuckDbStore:
    """A store in a file."""
    return DuckDbStore(directory / "timeseries.duckdb")


def city(seed: int, nodes: int, hours: int) -> tuple[StreamRows, ...]:
    """Rows of several measurements with odd texts, over some hours, in no order."""
    dice = random.Random(seed)
    names = ("flow", "occupancy", "mức nước", "a b,c=d")
    lines = ("", "gate", "vạch 1", 'q"uo\\te', "a=b,c d", "back\\slash", "'; DROP")
    parts = []
    for node in range(nodes):
        rows = [
            row(
                seq,
                start_ms=T0 + dice.randrange(hours * HOUR),
                name=dice.choice(names),
                source=f"cam-{dice.randrange(3)}",
                zone_or_line=dice.choice(lines),
                class_name=dice.choice(("car", "bus", "")),
                direction=dice.choice(("forward", "")),
                value=dice.choice((0.0, -1.5, 1e300, 1e-7, float(dice.randrange(1000)), dice.random())),
            )
            for seq in range(1, 301)
        ]
        parts.append(StreamRows(f"n-{node}", f"{node:016x}", tuple(rows), site=("", "q 1")[node % 2]))
    return tuple(parts)


def queries(seed: int, count: int) -> list[SeriesQuery]:
    """Queries of every aggregate, bucket and grouping, over ranges that cut hours and minutes."""
    dice = random.Random(seed)
    tags = [tag for tag in Tag if tag is not Tag.NAME]
    return [
        SeriesQuery(
            name=dice.choice(("flow", "occupancy", "mức nước", "a b,c=d")),
            start_ms=(start := T0 + dice.randrange(3 * HOUR)),
            end_ms=start + dice.randrange(1, 4 * HOUR),
            aggregate=dice.choice(list(Aggregate)),
            bucket_s=dice.choice((None, 1, 45, 60, 300, 3600, 7200)),
            group_by=tuple(dice.sample(tags, dice.randrange(4))),
            limit=dice.choice((5, 10_000)),
        )
        for _ in range(count)
    ]


def near(one: Sequence[Point], other: Sequence[Point]) -> bool:
    """Tell whether points are the same, values to a billionth."""
    return len(one) == len(other) and all(
        (a.start_ms, a.tags, a.rows) == (b.start_ms, b.tags, b.rows)
        and abs(a.value - b.value) <= 1e-9 * max(1.0, abs(a.value), abs(b.value))
        for a, b in zip(one, other, strict=True)
    )

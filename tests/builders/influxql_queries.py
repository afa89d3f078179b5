"""Queries and points that DuckDB and InfluxDB are both given: a generated family, the same for a seed."""

# ruff: noqa: S608  queries of tests

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from fleet.wire.messages import MeasurementRow

T0_MS = 1_791_000_000_000 // 3_600_000 * 3_600_000 + 3_600_000
"""A whole hour; the points of 8 hours from it stand in one shard of InfluxDB."""
HOURS = 8
NODES = (("n-1", "hai-chau"), ("n-2", "hai-chau"), ("n-3", "thanh-khe"), ("n-4", "sơn trà"), ("n-5", ""))
CLASSES = ("car", "motorbike", "person", "")
DIRECTIONS = ("forward", "backward", "")
AGGREGATES = (
    *("mean", "sum", "count", "min", "max", "first", "last"),
    *("median", "percentile", "spread", "stddev", "count_distinct"),
)
TAGS = ("site", "node", "source", "zone_or_line", "class", "direction")


@dataclass(frozen=True, slots=True)
class NodeRows:
    """Rows of one node."""

    node: str
    site: str
    rows: tuple[MeasurementRow, ...]


def rows(seed: int, per_node: int = 400) -> tuple[NodeRows, ...]:
    """Rows of two measurements: `flow` with gaps, ties and negative values, `pm25` without classes."""
    rand = random.Random(seed)
    return tuple(
        NodeRows(node, site, tuple(_row(rand, seq, number) for seq in range(1, per_node + 1)))
        for number, (node, site) in enumerate(NODES)
    )


def _row(rand: random.Random, seq: int, number: int) -> MeasurementRow:
    minute = rand.choice([rand.randrange(0, 90), rand.randrange(150, HOURS * 60)])
    flow = rand.random() < 0.8
    return MeasurementRow(
        seq=seq,
        start_ms=T0_MS + minute * 60_000 + rand.choice([0, 0, 17, 30_000, rand.randrange(60_000)]),
        period_s=rand.choice([60.0, 10.0]),
        name="flow" if flow else "pm25",
        source=f"cam-{rand.randrange(1, 4)}" if flow else f"air-{number}",
        zone_or_line=rand.choice(["gate", "north/south", "a b,c=d", ""]) if flow else "",
        class_name=rand.choice(CLASSES) if flow else "",
        direction=rand.choice(DIRECTIONS) if flow else "",
        value=rand.choice([rand.uniform(-5, 100), float(rand.randrange(-3, 12))]),
        n=rand.randrange(0, 40),
        quality=rand.choice([0, 0, 0, 1, 3]),
    )


def queries(seed: int, count: int) -> Iterator[str]:
    """`count` queries of the family."""
    rand = random.Random(seed)
    for _ in range(count):
        yield _Family(rand).query()


class _Family:
    """One query, drawn part by part."""

    def __init__(self, rand: random.Random) -> None:
        self._rand = rand
        self.measurement = rand.choice(["flow", "flow", "flow", "pm25"])

    def query(self) -> str:
        return self._rand.choice(
            [self._buckets, self._buckets, self._buckets, self._buckets, self._whole, self._raw, self._show]
        )()

    def _buckets(self) -> str:
        width = self._rand.choice(["1m", "5m", "7m", "30m", "1h", "2h", "1d", "90s", "45m"])
        offset = self._rand.choice(["", "", "", ", 30s", ", -90s", ", 10m", ", 3h"])
        columns = self._columns(running=True)
        fill = self._rand.choice(
            [
                "",
                "",
                " fill(null)",
                " fill(none)",
                " fill(previous)",
                " fill(linear)",
                " fill(0)",
                " fill(-2.5)",
            ]
        )
        by = ", ".join([f"time({width}{offset})", *self._tags()])
        zone = self._rand.choice(["", "", " tz('Asia/Ho_Chi_Minh')", " tz('Asia/Kathmandu')"])
        return (
            f"SELECT {columns} FROM {self._from()} WHERE {self._where()} GROUP BY {by}{fill}"
            f"{self._order()}{self._limits()}{zone}"
        )

    def _whole(self) -> str:
        tags = self._tags()
        by = f" GROUP BY {', '.join(tags)}" if tags else ""
        columns = self._rand.choice([self._columns(running=False), self._selector(), "distinct(quality)"])
        return f"SELECT {columns} FROM {self._from()} WHERE {self._where()}{by}{self._limits()}"

    def _raw(self) -> str:
        tags = self._tags()
        by = f" GROUP BY {', '.join(tags)}" if tags else ""
        columns = self._rand.choice(
            [
                "value",
                '"value", "n"',
                "value, node, class",
                "value * 2 + n AS x, quality",
                "n % 7, n / quality, 3 - value",
            ]
        )
        node = f"node = 'n-{self._rand.randrange(1, 6)}'"  # points of two nodes may share a time
        return (
            f"SELECT {columns} FROM {self._from()} WHERE {self._where()} AND {node}"
            f"{by}{self._order()}{self._limits()}"
        )

    def _show(self) -> str:
        where = self._rand.choice(["", f" WHERE {self._tag_condition()}"])
        return self._rand.choice(
            [
                "SHOW MEASUREMENTS",
                "SHOW MEASUREMENTS WHERE site = 'hai-chau'",
                "SHOW MEASUREMENTS WITH MEASUREMENT =~ /(?i)FL/ LIMIT 100",
                f"SHOW TAG KEYS FROM {self._from()}{where}",
                f"SHOW TAG KEYS{where}",
                f"SHOW TAG VALUES FROM {self._from()} WITH KEY = {self._rand.choice(TAGS)}{where}",
                f"SHOW TAG VALUES WITH KEY IN (site, class){where}",
                f"SHOW TAG VALUES FROM {self._from()} WITH KEY =~ /s/{where} LIMIT 3 OFFSET 1",
                f"SHOW TAG VALUES FROM {self._from()} WITH KEY !~ /(class|node)/{where}",
                f'SHOW TAG VALUES FROM {self._from()} WITH KEY != "site"{where}',
                f"SHOW FIELD KEYS FROM {self._from()}",
                "SHOW FIELD KEYS",
                f"SHOW SERIES FROM {self._from()}{where} LIMIT 20",
            ]
        )

    def _columns(self, *, running: bool) -> str:
        if running and self._rand.random() < 0.2:
            return ", ".join(self._running() for _ in range(self._rand.choice([1, 1, 2])))
        return ", ".join(self._column() for _ in range(self._rand.choice([1, 1, 1, 2, 3])))

    def _column(self) -> str:
        alias = self._rand.choice(["", "", ' AS "x"', " AS y"])
        kind = self._rand.random()
        if kind < 0.75:
            return self._aggregate() + alias
        if kind < 0.9:
            op = self._rand.choice(["* 3.6", "/ 60", "+ 1", "- 0.5", "% 5", "* -1"])
            return f"{self._aggregate()} {op}{alias}"
        op = self._rand.choice("+-*/")
        return f"{self._aggregate()} {op} ({self._aggregate()} + 1){alias}"

    def _aggregate(self) -> str:
        name = self._rand.choice(
            [
                *[
                    "mean",
                    "sum",
                    "count",
                    "min",
                    "max",
                    "first",
                    "last",
                    "median",
                    "percentile",
                    "spread",
                    "stddev",
                    "count_distinct",
                ]
            ]
        )
        field = self._rand.choice(["value", "value", "value", '"n"', "n::field", "quality", "period_s"])
        if name == "percentile":
            return f"percentile({field}, {self._rand.choice(['95', '50', '99.9', '75', '100', '66.6'])})"
        if name == "count_distinct":
            return f"count(distinct({field}))"
        return f"{name}({field})"

    def _selector(self) -> str:
        name = self._rand.choice(["min", "max", "first", "last"])
        return f"{name}({self._rand.choice(['value', 'n', 'quality'])})" + self._rand.choice(
            ["", " * 2", " AS z"]
        )

    def _running(self) -> str:
        inner = self._aggregate()
        return self._rand.choice(
            [
                f"derivative({inner}, 1s)",
                f"derivative({inner})",
                f"non_negative_derivative({inner}, 1m)",
                f"difference({inner})",
                f"non_negative_difference({inner})",
                f"cumulative_sum({inner})",
                f"moving_average({inner}, {self._rand.choice([2, 3, 5])})",
                f"derivative({inner}, 1h) / 2",
            ]
        )

    def _from(self) -> str:
        return self._rand.choice(
            [self.measurement, f'"{self.measurement}"', f'"autogen"."{self.measurement}"']
        )

    def _where(self) -> str:
        time = self._time()
        parts = [self._tag_condition() for _ in range(self._rand.choice([0, 0, 1, 1, 2]))]
        if self._rand.random() < 0.15:
            parts.append(
                self._rand.choice(["quality < 2", "value > 3.5", '"n" >= 10', "quality = 0", "n != 4"])
            )
        return self._rand.choice([" AND ", " and "]).join([*parts, time])

    def _tag_condition(self) -> str:
        single = [
            "site = 'hai-chau'",
            '"site"::tag =~ /^(hai-chau|sơn trà)$/',
            '"site" !~ /^hai-chau$/',
            "site != ''",
            "site = ''",
            "class =~ /^(car|person)$/",
            "class =~ /.*/",
            "class != 'car'",
            "class =~ /r/",
            "class !~ /^(car|)$/",
            "direction = 'forward'",
            "direction <> 'forward'",
            "zone_or_line =~ /north\\/south/",
            "zone_or_line = 'a b,c=d'",
            "source =~ /^cam-[12]$/",
            "source =~ /^cam-/",
            "source !~ /^(cam-1|air)/",
            "source =~ /^(cam\\-1|air\\-2)$/",
            "node =~ /(?i)N-[1-3]/",
            "nothing = ''",
            "nothing = 'x'",
            "site = 'nowhere'",
        ]
        one, two = self._rand.choice(single), self._rand.choice(single)
        return self._rand.choice([one, one, one, f"({one} OR {two})", f"({one} AND {two})"])

    def _time(self) -> str:
        first = T0_MS + self._rand.randrange(-30, HOURS * 50) * 60_000 + self._rand.choice([0, 0, 12_345])
        length_min = self._rand.choice([5, 60, 180, 600])
        last = first + length_min * 60_000
        return self._rand.choice(
            [
                f"time >= {first}ms and time <= {last}ms",
                f"time >= {first}ms AND time < {last}ms",
                f"time > {first * 1_000_000} AND time < {last * 1_000_000}",
                f"(time >= {first // 1000}s AND time <= {last // 1000}s)",
                f"time >= '{_iso(first)}' AND time < '{_iso(last)}'",
                f"time >= '{_iso(first)}' AND time < '{_iso(first)}' + {length_min}m",
            ]
        )

    def _tags(self) -> list[str]:
        count = self._rand.choice([0, 0, 1, 1, 2])
        found = self._rand.sample([*TAGS, '"site"::tag', "nothing"], count)
        return list(dict.fromkeys(found))

    def _order(self) -> str:
        return self._rand.choice(["", "", "", " ORDER BY time DESC", " ORDER BY time ASC"])

    def _limits(self) -> str:
        return self._rand.choice(["", "", "", "", " LIMIT 3", " limit 5 OFFSET 2", " LIMIT 1"])


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

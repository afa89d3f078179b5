"""`TimeSeriesStore` on an InfluxDB server of any of its three APIs.

Invariants: a point is overwritten by itself, so replaying any batch changes nothing, and nothing needs
remembering here; `write` returns after the server has answered for every line; a line that the server
refuses is found by halving, and the others are stored. Memory is bound by the batch: nothing is queued, and
while the server is away `write` raises, so that ingest holds what it has and takes nothing more.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aggregator.errors import StoreError
from aggregator.storage.timeseries.influx_answer import LinesRefused, Series, Stored
from aggregator.storage.timeseries.influx_http import InfluxHttp, make_place
from aggregator.storage.timeseries.influx_query import (
    answers_nothing,
    named,
    points_influxql,
    points_of,
    quoted,
    slices_of,
)
from aggregator.storage.timeseries.line_protocol import line_of_event, lines_of
from aggregator.storage.timeseries.refusals import RefusedRow, RowsRefusedError, refused_rows, writable_event
from aggregator.storage.timeseries.store import (
    EVENTS,
    MAX_POINTS,
    EventPoint,
    Point,
    SeriesQuery,
    StreamCount,
    StreamRows,
    WriteResult,
)

LINES_A_REQUEST: Final = 5_000
_FIRST_BUCKETS: Final = 64
_MOST_BUCKETS: Final = 16_384
_STATEMENTS_A_REQUEST: Final = 50
_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class _Line:
    """A line and the fact that it came from."""

    text: str
    node: str
    stream: str
    seq: int


class InfluxStore:
    """The store behind `http`; the server may be away now and come later."""

    def __init__(self, http: InfluxHttp) -> None:
        self._http = http
        self._making = threading.Lock()
        self._made = False

    def write(self, batch: tuple[StreamRows, ...]) -> WriteResult:
        """See `TimeSeriesStore.write`; what the relational store has accounted for is not sent again."""
        refused: list[RefusedRow] = []
        lines: list[_Line] = []
        repeated = 0
        for part in batch:
            bad = {row.seq: row for row in refused_rows(part)}
            refused.extend(bad.values())
            rows = [row for row in part.rows if row.seq not in part.settled and row.seq not in bad]
            repeated += len(part.rows) - len(rows) - len(bad)
            texts = lines_of(part, rows)
            lines += [
                _Line(text, part.node, part.stream, row.seq) for text, row in zip(texts, rows, strict=True)
            ]
        self._make_place()
        refused += self._put(lines)
        if refused:
            raise RowsRefusedError(tuple(refused))
        return WriteResult(len(lines), repeated)

    def query(self, query: SeriesQuery) -> tuple[Point, ...]:
        """See `TimeSeriesStore.query`; asked in slices of time, so that a limit bounds what is read."""
        limit = min(query.limit, MAX_POINTS)
        points: list[Point] = []
        if answers_nothing(query):
            return ()
        self._make_place()
        for part in slices_of(query, _FIRST_BUCKETS, _MOST_BUCKETS):
            (answer,) = self._http.ask(points_influxql(query, part))
            points += points_of(query, answer)
            if len(points) >= limit:
                break
        return tuple(points[:limit])

    def counts(self, node: str | None = None) -> tuple[StreamCount, ...]:
        """See `TimeSeriesStore.counts`; reads every row of the node, or of all."""
        self._make_place()
        where = f' WHERE "node" = {quoted(node)}' if node is not None else ""
        # Only texts that were quoted go into the statements.
        found = self._http.ask(f'SELECT distinct("stream") FROM /.+/{where} GROUP BY "node"')[0]  # noqa: S608
        keys = sorted(
            {(series.tags.get("node", ""), str(row[1])) for series in found for row in series.values}
        )
        counts = []
        for start in range(0, len(keys), _STATEMENTS_A_REQUEST):
            chunk = keys[start : start + _STATEMENTS_A_REQUEST]
            answers = self._http.ask("; ".join(_count_influxql(*key) for key in chunk))
            counts += [_count_of(key, answer) for key, answer in zip(chunk, answers, strict=True)]
        return tuple(count for count in counts if count.rows)

    def check(self) -> None:
        """See `TimeSeriesStore.check`."""
        self._make_place()
        self._http.ask("SHOW DATABASES")

    def close(self) -> None:
        """See `TimeSeriesStore.close`."""
        self._http.close()

    def influxql(self, text: str) -> bytes:
        """InfluxDB's JSON of its answer to a statement, times in ns; raises StoreError."""
        return self._http.ask_raw(text)

    def write_events(self, points: Sequence[EventPoint]) -> None:
        """See `EventProjection.write_events`."""
        lines = [
            _Line(line_of_event(point), point.node, point.stream, point.event.seq)
            for point in points
            if writable_event(point)
        ]
        self._make_place()
        refused = self._put(lines)
        if refused:
            raise RowsRefusedError(tuple(refused))

    def last_event_id(self) -> int:
        """See `EventProjection.last_event_id`."""
        self._make_place()
        (answer,) = self._http.ask(f'SELECT max("id") FROM {named(EVENTS)}')  # noqa: S608  a constant
        found = [row[1] for series in answer for row in series.values]
        return found[0] if found and isinstance(found[0], int) else 0

    def forget_events(self) -> None:
        """See `EventProjection.forget_events`."""
        self._make_place()
        self._http.ask(f"DROP MEASUREMENT {named(EVENTS)}")

    def _make_place(self) -> None:
        if self._made:
            return
        with self._making:
            if not self._made:
                make_place(self._http)
                self._made = True

    def _put(self, lines: Sequence[_Line]) -> list[RefusedRow]:
        """Write every line that the server takes; returns those that it does not."""
        refused: list[RefusedRow] = []
        starts = range(0, len(lines), LINES_A_REQUEST)
        waiting = [lines[start : start + LINES_A_REQUEST] for start in reversed(starts)]
        while waiting:
            part = waiting.pop()
            answer = self._send(part)
            if isinstance(answer, Stored):
                continue
            whole = isinstance(answer, LinesRefused) and (answer.dropped or 0) >= len(part)
            if len(part) == 1 or whole:
                refused += _refusals(part, answer)
            else:
                middle = len(part) // 2
                waiting += [part[middle:], part[:middle]]
        return refused

    def _send(self, part: Sequence[_Line]) -> object:
        try:
            return self._http.write("\n".join([line.text for line in part]))
        except StoreError as error:
            if "not found" in str(error):
                self._made = False  # somebody dropped the database: make it before the next try
            raise


def _refusals(part: Iterable[_Line], answer: object) -> list[RefusedRow]:
    reason = answer.reason if isinstance(answer, LinesRefused) else "the line is too long for the server"
    return [
        RefusedRow(line.node, line.stream, line.seq, f"{reason}; line: {line.text[:_SHOWN]}") for line in part
    ]


def _count_influxql(node: str, stream: str) -> str:
    # `n` is a field of rows alone, so that events do not count.
    return (
        'SELECT count("n") AS "rows", count(distinct("seq")) AS "seqs" FROM /.+/'  # noqa: S608  quoted
        f' WHERE "node" = {quoted(node)} AND "stream" = {quoted(stream)}'
    )


def _count_of(key: tuple[str, str], answer: tuple[Series, ...]) -> StreamCount:
    rows = seqs = 0
    for series in answer:
        if series.name != EVENTS:
            for row in series.values:
                rows += row[1] if isinstance(row[1], int) else 0
                seqs += row[2] if isinstance(row[2], int) else 0
    return StreamCount(*key, rows, rows - seqs)

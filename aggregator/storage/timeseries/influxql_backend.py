"""InfluxQL answered over a store: by translation over DuckDB, by rendering over InfluxDB.

Invariants: one answer reads one state of the store; work on a query ends when its time is up, and no
more than `CONCURRENT` run at once; InfluxDB gets text rendered from the tree.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, Final, Protocol, runtime_checkable

import duckdb
import msgspec

from aggregator.errors import ConfigError, StoreError
from aggregator.storage.timeseries.duckdb_file import Snapshot
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.influxql.duckdb_sql import Partials, Scan, Table
from aggregator.storage.timeseries.influxql.duckdb_where import quoted
from aggregator.storage.timeseries.influxql.evaluate import Caps, evaluate
from aggregator.storage.timeseries.influxql.influx_text import render
from aggregator.storage.timeseries.influxql.listing import listed
from aggregator.storage.timeseries.influxql.refusals import QueryRefusedError, TooMuchError
from aggregator.storage.timeseries.influxql.schema import Schema
from aggregator.storage.timeseries.influxql.series import Answer, Series
from aggregator.storage.timeseries.influxql.show_sql import EverySeries, ListScan, list_scans
from aggregator.storage.timeseries.influxql.syntax import Listing, Select
from aggregator.storage.timeseries.rollup_cover import MINUTE_NS
from aggregator.storage.timeseries.store import TimeSeriesStore

LIMIT_S: Final = 20.0
CONCURRENT: Final = 4
_AGAIN_S: Final = 0.05
_CAPS: Final = Caps()


class InfluxqlBackend(Protocol):
    """What answers statements; may be called from any thread."""

    def answer(self, statement: Select | Listing, now: datetime) -> Answer:
        """The answer; times are int64 ns.

        Raises:
            QueryRefusedError: it cannot be answered as it stands.
            StoreError: the store is away.
        """


class DuckDbBackend:
    """Answers by translation. `snapshot` opens one state of the store."""

    def __init__(
        self,
        snapshot: Callable[[], AbstractContextManager[Snapshot]],
        *,
        caps: Caps = _CAPS,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._snapshot = snapshot
        self._caps = caps
        self._limit_s = limit_s
        self._slots = threading.BoundedSemaphore(CONCURRENT)

    def answer(self, statement: Select | Listing, now: datetime) -> Answer:
        """See `InfluxqlBackend.answer`."""
        if not self._slots.acquire(timeout=self._limit_s):
            raise StoreError(f"{CONCURRENT} queries run already and none ended: ask again later")
        try:
            with self._snapshot() as snapshot, self._timed(snapshot):
                if isinstance(statement, Select):
                    return evaluate(
                        statement, now=now, caps=self._caps, fetch=lambda scan: _fetched(snapshot, scan)
                    )
                scans = list_scans(statement, now=now, most_rows=self._caps.rows)
                found = [(scan, _listed(snapshot, scan)) for scan in scans]
                return listed(statement, found, self._caps.rows)
        finally:
            self._slots.release()

    @contextmanager
    def _timed(self, snapshot: Snapshot) -> Iterator[None]:
        """End the work at the limit, and tell what DuckDB says of the query itself."""
        done = threading.Event()
        watch = threading.Thread(
            target=self._end_late, args=(snapshot, done), name="influxql-limit", daemon=True
        )
        watch.start()
        try:
            yield
        except duckdb.InterruptException as error:
            raise TooMuchError(
                f"query-timeout limit exceeded: not answered in {self._limit_s:g} s; narrow the range"
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise TooMuchError(
                "the query needs more memory than queries may take: narrow the range"
            ) from error
        except duckdb.InvalidInputException as error:
            raise QueryRefusedError(f"error parsing regexp: {str(error).partition(chr(10))[0]}") from error
        finally:
            done.set()
            watch.join()

    def _end_late(self, snapshot: Snapshot, done: threading.Event) -> None:
        """Interrupt again and again: between two statements there is nothing to interrupt."""
        wait_s = self._limit_s
        while not done.wait(wait_s):
            snapshot.interrupt()
            wait_s = _AGAIN_S


def _fetched(snapshot: Snapshot, scan: Scan) -> Sequence[Any]:
    match scan.relation:
        case Table(name):
            relation = name
        case Partials(measurement, start_ns, end_ns, step_s):
            relation = snapshot.partials(measurement, start_ns, end_ns, step_s=step_s)
    return snapshot.rows(scan.head + relation + scan.tail, scan.parameters)


def _listed(snapshot: Snapshot, scan: ListScan) -> Sequence[Any]:
    match scan.relation:
        case Table(name):
            points = f"SELECT * FROM {name}"  # noqa: S608  a table of a schema
        case EverySeries():
            points = _every_series(snapshot, scan.schema)
    return snapshot.rows(f"WITH points AS ({points}) {scan.sql}", scan.parameters)


def _every_series(snapshot: Snapshot, schema: Schema) -> str:
    """Names and tags: of the hours that are rolled up, and of all points since the first that is not."""
    columns = ", ".join(quoted(column) for column in ("name", *schema.tags))
    ((first,),) = snapshot.rows("SELECT min(minute) FROM dirty")
    ids = "SELECT series FROM rollup_1h"
    if first is not None:
        ids += f" UNION SELECT series FROM samples WHERE time_ns >= {int(first) * MINUTE_NS}"  # noqa: S608  a number
    return f"SELECT {columns} FROM series WHERE id IN ({ids})"  # noqa: S608  columns of a schema


class _Series(msgspec.Struct, frozen=True):
    columns: tuple[str, ...] = ()
    values: list[tuple[str | int | float | bool | None, ...]] = []
    name: str = ""
    tags: Mapping[str, str] = {}


class _Result(msgspec.Struct, frozen=True):
    series: tuple[_Series, ...] = ()
    error: str = ""
    partial: bool = False


class _Results(msgspec.Struct, frozen=True):
    results: tuple[_Result, ...] = ()
    error: str = ""


_results: Final = msgspec.json.Decoder(_Results)


class InfluxBackend:
    """Answers by asking InfluxDB. `ask` sends text and gives its JSON, times in ns."""

    def __init__(self, ask: Callable[[str], bytes]) -> None:
        self._ask = ask

    def answer(self, statement: Select | Listing, now: datetime) -> Answer:  # noqa: ARG002  InfluxDB has its own clock
        """See `InfluxqlBackend.answer`."""
        try:
            found = _results.decode(self._ask(render(statement)))
        except msgspec.DecodeError as error:
            raise StoreError(f"InfluxDB's answer to a query is not JSON of its kind: {error}") from error
        refusal = found.error or next((result.error for result in found.results if result.error), "")
        if refusal:
            raise QueryRefusedError(refusal)
        series = [one for result in found.results for one in result.series]
        return Answer(
            tuple(Series(one.name, one.columns, one.values, one.tags) for one in series),
            partial=any(result.partial for result in found.results),
        )


@runtime_checkable
class AnswersInfluxql(Protocol):
    """A store that understands InfluxQL itself."""

    def influxql(self, text: str) -> bytes:
        """JSON of the answer, times in ns; raises StoreError."""


def backend_of(store: TimeSeriesStore) -> InfluxqlBackend:
    """What answers InfluxQL over `store`; raises ConfigError for a store that nothing answers over."""
    if isinstance(store, DuckDbStore):
        return DuckDbBackend(store.snapshot)
    if isinstance(store, AnswersInfluxql):
        return InfluxBackend(store.influxql)
    raise ConfigError(f"{type(store).__name__} has no InfluxQL: use the embedded store or InfluxDB")

"""Every query of every board, over DuckDB and over a real InfluxDB with the same made-up city."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from builders.board_queries import Asked, Range, board_queries
from builders.timeseries import influx_v1
from builders.year import load_year
from servers.influxdb import InfluxServer

from aggregator.query.service import QueryService
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.influxql.scope import EVERYWHERE, SiteScope
from aggregator.storage.timeseries.influxql.series import Answer
from aggregator.storage.timeseries.influxql_backend import DuckDbBackend, InfluxBackend
from fleet.simulator.year import YearPlan

# A Friday noon in the rainy season: offices, schools and roads are busy.
END = datetime(2026, 10, 23, 5, 0, tzinfo=UTC)
PLAN = YearPlan(END, cameras=42, days=5, recent_h=1)
CHOSEN = {"node": "box-traffic-001", "camera": "cam-1"}
DAY = Range(int((END - timedelta(days=1)).timestamp() * 1000), int(END.timestamp() * 1000), "1h")
WHOLE = Range(int((END - timedelta(days=5)).timestamp() * 1000), int(END.timestamp() * 1000), "1d")
RARE = {("camera", "Lỗi camera")}
"""One camera may have had no fault in five days."""


@dataclass(frozen=True)
class City:
    duckdb: QueryService
    influx: QueryService

    def ask(self, service: QueryService, asked: Asked, scope: SiteScope = EVERYWHERE) -> Answer:
        return service.answer(asked.text, {}, scope, database="matthan", policy="")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("city")
    embedded = DuckDbStore(folder / "timeseries.duckdb")
    with InfluxServer(folder / "influx") as server:
        influx = influx_v1(server, "matthan")
        rows, events = load_year(PLAN, embedded, influx)
        assert rows > 50_000
        assert events > 300
        while embedded.refresh(600):
            pass
        yield City(
            QueryService(DuckDbBackend(embedded.snapshot), lambda: END),
            QueryService(InfluxBackend(lambda text: asked_of(server, text)), lambda: END),
        )
        influx.close()
    embedded.close()


def asked_of(server: InfluxServer, text: str) -> bytes:
    found = httpx.post(f"{server.url}/query", data={"q": text, "db": "matthan", "epoch": "ns"}, timeout=30)
    return found.content


def comparable(answer: Answer) -> dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[object, ...]]]:
    return {
        (series.name, tuple(sorted(series.tags.items()))): [tuple(row) for row in series.rows]
        for series in answer.series
    }


@pytest.mark.parametrize("within", [DAY, WHOLE], ids=["a day", "five days"])
def test_every_panel_and_variable_gets_data(city: City, within: Range) -> None:
    empty = []
    for asked in board_queries(within, CHOSEN):
        answer = city.ask(city.duckdb, asked)
        held = any(cell is not None for series in answer.series for row in series.rows for cell in row[1:])
        if not held and (asked.board, asked.title) not in RARE:
            empty.append((asked.board, asked.title))
    assert empty == []


@pytest.mark.parametrize("within", [DAY, WHOLE], ids=["a day", "five days"])
def test_duckdb_and_influxdb_answer_every_panel_and_variable_alike(city: City, within: Range) -> None:
    unlike = []
    for asked in board_queries(within, CHOSEN):
        ours, theirs = (comparable(city.ask(service, asked)) for service in (city.duckdb, city.influx))
        if ours.keys() != theirs.keys() or not all(alike(ours[key], theirs[key]) for key in ours):
            unlike.append((asked.board, asked.title, asked.text))
    assert unlike == []


def test_a_scope_sees_its_own_sites_alone(city: City) -> None:
    health = SiteScope(frozenset({"health-001"}))
    seen = set()
    for asked in board_queries(WHOLE, CHOSEN):
        for series in city.ask(city.duckdb, asked, health).series:
            seen.add(series.tags.get("site"))
            if series.columns == ("key", "value") and series.rows:
                seen |= {row[1] for row in series.rows if str(row[0]) == "site"}
    assert seen - {None} == {"health-001"}


def alike(ours: list[tuple[object, ...]], theirs: list[tuple[object, ...]]) -> bool:
    return len(ours) == len(theirs) and all(
        len(left) == len(right) and all(map(same, left, right))
        for left, right in zip(ours, theirs, strict=True)
    )


def same(left: object, right: object) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        return (
            isinstance(left, int | float)
            and isinstance(right, int | float)
            and math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
        )
    return left == right

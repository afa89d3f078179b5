"""How long each panel's query takes on a made-up year: the façade over DuckDB, and InfluxDB itself.

    .venv/bin/python tests/bench/panels.py --cameras 1100

Prints JSON lines: what was loaded, each panel that is slower than its limit, a closing line for each range
(24 h, limit 300 ms; the year, limit 1,500 ms) with the 50th and 95th percentile of both stores over all
panels and rounds, and the slowest panel of each. `--step` is the width of the year's rows: 3600 gives as many
rows as the hourly roll-up of a real year. `make bench` runs it for 42 cameras and 60 days.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from builders.board_queries import Asked, Range, board_queries
from builders.timeseries import influx_v1
from builders.year import load_year
from servers.influxdb import InfluxServer

from aggregator.query.rendering import whole
from aggregator.query.service import QueryService
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.influxql.scope import EVERYWHERE
from aggregator.storage.timeseries.influxql_backend import DuckDbBackend
from aggregator.storage.timeseries.store import SeriesStore
from fleet.simulator.year import YearPlan

END = datetime(2026, 10, 23, 5, 0, tzinfo=UTC)
LOCAL = timezone(timedelta(hours=7))
CHOSEN = {"node": "box-traffic-001", "camera": "cam-1"}
LIMITS_MS = {"24 h": 300.0, "year": 1500.0}
Ask = Callable[[str], bytes]


def main() -> int:
    args = parsed()
    plan = YearPlan(END, cameras=args.cameras, days=args.days, step_s=args.step)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = DuckDbStore(folder / "timeseries.duckdb")
        stack.callback(store.close)
        stores: list[SeriesStore] = [store]
        service = QueryService(DuckDbBackend(store.snapshot), lambda: END)
        asks: dict[str, Ask] = {"duckdb": lambda text: through_the_facade(service, text)}
        if not args.no_influx:
            server = stack.enter_context(InfluxServer(folder / "influx"))
            influx = influx_v1(server, "matthan")
            stack.callback(influx.close)
            stores.append(influx)
            client = stack.enter_context(httpx.Client(timeout=30))
            asks["influxdb"] = lambda text: of_influx(client, server, text)
        load(plan, stores, store)
        for name, within in ranges(args.days).items():
            time_range(name, board_queries(within, CHOSEN), asks, args.rounds)
    return 0


def load(plan: YearPlan, stores: list[SeriesStore], duckdb: DuckDbStore) -> None:
    started = time.perf_counter()
    rows, events = load_year(plan, *stores)
    loaded = time.perf_counter()
    while duckdb.refresh(600):
        pass
    told(
        cameras=plan.cameras,
        days=plan.days,
        step_s=plan.step_s,
        rows=rows,
        events=events,
        load_s=round(loaded - started, 1),
        roll_up_s=round(time.perf_counter() - loaded, 1),
    )


def ranges(days: int) -> dict[str, Range]:
    end_ms = int(END.timestamp() * 1000)
    day = Range(end_ms - 86_400_000, end_ms, "1h")
    return {"24 h": day, "year": Range(end_ms - days * 86_400_000, end_ms, "1d")}


def time_range(name: str, queries: list[Asked], asks: dict[str, Ask], rounds: int) -> None:
    limit = LIMITS_MS[name]
    summary: dict[str, object] = {"range": name, "queries": len(queries), "limit_ms": limit}
    for store, ask in asks.items():
        taken: list[tuple[float, Asked]] = []
        for _ in range(rounds):
            taken += [(timed(ask, asked.text), asked) for asked in queries]
        times = sorted(each for each, _ in taken)
        slow = {
            f"{asked.board}: {asked.title}": round(ms)
            for ms, asked in sorted(taken, key=lambda t: t[0])
            if ms > limit
        }
        for title, ms in slow.items():
            told(range=name, store=store, slow=title, ms=ms)
        worst = max(taken, key=lambda each: each[0])
        summary[store] = {
            "p50_ms": round(statistics.median(times), 1),
            "p95_ms": round(times[int(len(times) * 0.95)], 1),
            "slowest_ms": round(worst[0], 1),
            "slowest": f"{worst[1].board}: {worst[1].title}",
            "over_limit": len(slow),
        }
    told(**summary, met=all(_p95(summary[store]) <= limit for store in asks))


def _p95(figures: object) -> float:
    return float(figures["p95_ms"]) if isinstance(figures, dict) else float("inf")


def timed(ask: Ask, text: str) -> float:
    started = time.perf_counter()
    with suppress(httpx.TimeoutException):  # the time that it took until then is the figure
        ask(text)
    return (time.perf_counter() - started) * 1000


def through_the_facade(service: QueryService, text: str) -> bytes:
    return whole(service.answer(text, {}, EVERYWHERE, database="matthan", policy=""), "ms", LOCAL)


def of_influx(client: httpx.Client, server: InfluxServer, text: str) -> bytes:
    found = client.post(f"{server.url}/query", data={"q": text, "db": "matthan", "epoch": "ms"})
    found.raise_for_status()
    return found.content


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=1100)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--step", type=int, default=3600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-influx", action="store_true")
    return parser.parse_args()


def told(**found: object) -> None:
    print(json.dumps({"bench": "panels", **found}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())

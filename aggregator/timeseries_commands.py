"""`aggregator timeseries …`: back-up, restore, compaction, moving between stores, events projected anew.

Each talks to the server that runs, or works on the files when none does; what needs the store for itself
refuses while a server runs.
"""

import argparse
import http.client
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from aggregator.config import Config, check_influx
from aggregator.errors import ConfigError, StoreError, StoreInUseError
from aggregator.events.projection import EventProjector
from aggregator.first_start import KEY_FILE
from aggregator.storage.relational.engine import make_engine
from aggregator.storage.timeseries.duckdb_copies import restore
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.move import Moved, Scan, Write, move
from aggregator.timeseries.service import TimeSeriesService
from aggregator.timeseries_opening import influx_target, now_utc, open_timeseries, timeseries_lock

Say = Callable[[Mapping[str, object]], None]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  its only name
_ANSWER_S: Final = 3600.0
_TELL_S: Final = 2.0


def add_timeseries_commands(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add `timeseries` and its sub-commands to the parser."""
    parser = commands.add_parser("timeseries", help="back up, restore, compact or move the time series")
    steps = parser.add_subparsers(dest="step", required=True)
    backup = steps.add_parser("backup", parents=[common], help="copy the embedded store, also while it runs")
    backup.add_argument("--name", default="", help="file name under the data directory's backups/")
    restoring = steps.add_parser("restore", parents=[common], help="put a back-up in the store's place")
    restoring.add_argument("file", type=Path)
    steps.add_parser("compact", parents=[common], help="give back the room of what was removed")
    steps.add_parser("rebuild-events", parents=[common], help="project the events anew")
    moving = steps.add_parser("move", parents=[common], help="copy every row to the other store, and compare")
    moving.add_argument("--to", required=True, choices=("influx", "duckdb"))
    moving.add_argument("--check", action="store_true", help="compare only")


def run_timeseries(options: argparse.Namespace, config: Config, say: Say) -> None:
    """Run the sub-command; raises OperatorError, StoreError or StoreRefusedError."""
    match options.step:
        case "backup":
            say(_local_or_remote(config, "backup", options.name))
        case "compact":
            say(_local_or_remote(config, "compact", ""))
        case "restore":
            _restore(config, options.file, say)
        case "rebuild-events":
            _rebuild(config, say)
        case _:
            _move(config, options.to, compare_only=options.check, say=say)


def _local_or_remote(config: Config, step: str, name: str) -> Mapping[str, object]:
    if config.timeseries.kind != "duckdb":
        raise ConfigError(
            "these time series are in InfluxDB, which has tools of its own: `influxd backup -portable`"
        )
    if not config.timeseries_path.exists():
        raise ConfigError(
            f"there is no store at {config.timeseries_path}: name the server's file with --config"
        )
    try:
        store = DuckDbStore(config.timeseries_path)
    except StoreInUseError:
        return _remote(config, step, name)
    try:
        service = TimeSeriesService(store, config.timeseries_path, config.data_dir / "backups", now_utc)
        return (service.back_up(name) if step == "backup" else service.compact()).model_dump()
    finally:
        store.close()


def _remote(config: Config, step: str, name: str) -> dict[str, Any]:
    """Ask the server that owns the store."""
    server = config.server
    if not server.port:
        raise ConfigError(
            "a server has the store open and server.port is 0, so it cannot be found: stop it, or call"
            f" POST /api/v1/timeseries/{step} on its address"
        )
    key = (config.data_dir / KEY_FILE).read_text("utf-8").strip()
    host = "127.0.0.1" if server.host in {"0.0.0.0", "::", ""} else server.host  # noqa: S104  what it binds to
    connection = http.client.HTTPConnection(host, server.port, timeout=_ANSWER_S)
    path = f"/api/v1/timeseries/{step}" + (f"?name={name}" if name else "")
    try:
        connection.request("POST", path, headers={"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise StoreError(
            f"the store is open in another process, and no server answers at {host}:{server.port}: {error}"
        ) from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise StoreError(f"the server answered {response.status}: {body.decode('utf-8', 'replace')}")
    found: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    return found


def _restore(config: Config, file: Path, say: Say) -> None:
    if config.timeseries.kind != "duckdb":
        raise ConfigError('restoring is for timeseries.kind = "duckdb"; InfluxDB has `influxd restore`')
    with timeseries_lock(config, alone=True):
        before = restore(file, config.timeseries_path)
    say({"restored": str(config.timeseries_path), "before": str(before) if before else None})


def _rebuild(config: Config, say: Say) -> None:
    engine = make_engine(config.database_url)
    try:
        with timeseries_lock(config, alone=True):
            store = open_timeseries(config)
            try:
                say({"events": EventProjector(engine, store).rebuild()})
            finally:
                store.close()
    finally:
        engine.dispose()


def _move(config: Config, to: str, *, compare_only: bool, say: Say) -> None:
    check_influx(config.timeseries)
    began_s = time.monotonic()
    with timeseries_lock(config, alone=True), _both(config) as (embedded, influx):
        source, target = (embedded, influx) if to == "influx" else (influx, embedded)
        moved = move(source[0], target[0], None if compare_only else target[1], _teller())
    say(
        {
            "to": to,
            "rows": moved.rows,
            "written": moved.written,
            "different": moved.different,
            "examples": list(moved.examples),
            "seconds": round(time.monotonic() - began_s, 1),
        }
    )
    if moved.different:
        raise StoreError(
            f"{moved.different} rows are not the same on both sides: keep the old store, and move again"
        )
    if not compare_only:
        sys.stderr.write(f'all rows are there: set timeseries.kind = "{to}" and start the server\n')


@contextmanager
def _both(config: Config) -> Iterator[tuple[tuple[Scan, Write], tuple[Scan, Write]]]:
    from aggregator.storage.timeseries.influx_http import InfluxHttp  # noqa: PLC0415  a second to import
    from aggregator.storage.timeseries.influx_store import InfluxStore  # noqa: PLC0415
    from aggregator.storage.timeseries.scans import DuckDbScan, InfluxScan  # noqa: PLC0415

    embedded = DuckDbStore(config.timeseries_path)
    try:
        link = InfluxHttp(influx_target(config.timeseries))
        influx = InfluxStore(link)
        try:
            influx.check()
            yield (DuckDbScan(embedded), embedded.write), (InfluxScan(link), influx.write)
        finally:
            influx.close()
    finally:
        embedded.close()


def _teller() -> Callable[[Moved, float], None]:
    last_s = time.monotonic()

    def tell(moved: Moved, part: float) -> None:
        nonlocal last_s
        if time.monotonic() - last_s >= _TELL_S:
            last_s = time.monotonic()
            sys.stderr.write(f"{part:4.0%}  {moved.rows} rows, {moved.different} different\n")
            sys.stderr.flush()

    return tell

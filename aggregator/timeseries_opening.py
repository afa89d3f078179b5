"""Opens the time-series store that the configuration names."""

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from aggregator.config import Config, TimeSeriesSection
from aggregator.errors import ConfigError, StoreInUseError
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.duckdb_upkeep import Upkeep
from aggregator.storage.timeseries.influx_target import Flavour, InfluxTarget
from aggregator.storage.timeseries.store import SeriesStore


def open_timeseries(config: Config) -> SeriesStore:
    """Open the store; an InfluxDB may be away now and come later.

    Raises:
        ConfigError: a file with a secret cannot be read.
        StoreInUseError: another process owns the DuckDB file.
        StoreError: the DuckDB file cannot be opened.
    """
    if config.timeseries.kind == "duckdb":
        return DuckDbStore(config.timeseries_path)
    # The client costs a second and 30 MB, so a server without InfluxDB does not import it.
    from aggregator.storage.timeseries.influx_http import InfluxHttp  # noqa: PLC0415
    from aggregator.storage.timeseries.influx_store import InfluxStore  # noqa: PLC0415

    return InfluxStore(InfluxHttp(influx_target(config.timeseries)))


@contextlib.contextmanager
def running_timeseries(config: Config, clock: Callable[[], datetime]) -> Iterator[SeriesStore]:
    """The store, open, and what it needs doing while it runs; raises as `open_timeseries`."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(timeseries_lock(config, alone=False))
        store = open_timeseries(config)
        stack.callback(store.close)
        if isinstance(store, DuckDbStore):
            upkeep = Upkeep(store, config.timeseries.retention_days, clock)
            upkeep.start()
            stack.callback(upkeep.stop)
        yield store


@contextlib.contextmanager
def timeseries_lock(config: Config, *, alone: bool) -> Iterator[None]:
    """Hold the data directory's time series, alone or with other servers.

    A DuckDB file has a lock of its own; this one also keeps a move or a restore from a server on InfluxDB.

    Raises:
        StoreInUseError: a server runs, or a move or restore does.
    """
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = config.data_dir / "timeseries.lock"
    with path.open("a") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError as error:
            other = "an aggregator runs" if alone else "a move or restore of the time series runs"
            raise StoreInUseError(f"{other} on {config.data_dir}: wait for it or stop it first") from error
        yield


def now_utc() -> datetime:
    """The server's clock."""
    return datetime.now(tz=UTC)


def influx_target(section: TimeSeriesSection) -> InfluxTarget:
    """The server that `[timeseries]` names; raises ConfigError when a secret's file cannot be read."""
    flavour = Flavour(section.flavour)
    return InfluxTarget(
        url=section.url.rstrip("/"),
        flavour=flavour,
        database=section.database if flavour is Flavour.V1 else section.bucket,
        retention_policy=section.retention_policy,
        user=section.user,
        password=_secret(section.password_file, "timeseries.password_file"),
        org=section.org,
        token=_secret(section.token_file, "timeseries.token_file"),
    )


def _secret(path: str, key: str) -> str:
    if not path:
        return ""
    try:
        text = Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}, which {key} names: {error}") from error
    if not text:
        raise ConfigError(f"{path}, which {key} names, is empty: put the secret on its first line")
    return text

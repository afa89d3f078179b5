"""Back-up and compaction of the embedded store, in the process that owns its file."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from aggregator.errors import ConflictError
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.store import SeriesStore
from aggregator.timeseries.schemas import BackUpView, CompactedView


class TimeSeriesService:
    """The slice's use cases. `backups` is where copies go, `clock` gives aware UTC."""

    def __init__(self, store: SeriesStore, path: Path, backups: Path, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._path = path
        self._backups = backups
        self._clock = clock

    def back_up(self, name: str = "") -> BackUpView:
        """Copy one state while the store runs; raises ConflictError or StoreError."""
        store = self._embedded()
        self._backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = self._backups / (name or f"timeseries-{self._clock():%Y%m%dT%H%M%SZ}.duckdb")
        if target.exists():
            raise ConflictError(f"{target} exists: give another name, a back-up never replaces one")
        began_s = time.monotonic()
        store.back_up(target)
        return BackUpView(
            file=str(target.absolute()),
            bytes=target.stat().st_size,
            seconds=round(time.monotonic() - began_s, 3),
        )

    def compact(self) -> CompactedView:
        """Write the file anew; reads and writes wait meanwhile. Raises ConflictError or StoreError."""
        store = self._embedded()
        began_s, before = time.monotonic(), self._path.stat().st_size
        store.compact()
        return CompactedView(
            bytes_before=before,
            bytes_after=self._path.stat().st_size,
            seconds=round(time.monotonic() - began_s, 3),
        )

    def _embedded(self) -> DuckDbStore:
        if not isinstance(self._store, DuckDbStore):
            raise ConflictError(
                "this server's time series are in InfluxDB, which has tools of its own:"
                " `influxd backup -portable` (1.x), `influx backup` (2.x)"
            )
        return self._store

"""Rows of a batch as columns of numbers, which DuckDB takes three times as fast as rows of Python values."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aggregator.storage.timeseries.rollup_cover import MINUTE_NS
from aggregator.storage.timeseries.store import NS_PER_MS
from fleet.wire.messages import MeasurementRow

Column = NDArray[np.int64] | NDArray[np.int8] | NDArray[np.float64]


@dataclass(slots=True)
class SampleColumns:
    """Columns of the table `samples`, in its order; all of one length."""

    time_ns: list[int] = field(default_factory=list)
    series: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    n: list[int] = field(default_factory=list)
    quality: list[int] = field(default_factory=list)
    period_s: list[float] = field(default_factory=list)
    seq: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.seq)

    def add(self, series: Sequence[int], rows: Sequence[MeasurementRow]) -> None:
        """Append rows, each with the id of its series."""
        self.series += series
        self.time_ns += [row.start_ms * NS_PER_MS + row.seq % NS_PER_MS for row in rows]
        self.value += [row.value for row in rows]
        self.n += [row.n for row in rows]
        self.quality += [row.quality for row in rows]
        self.period_s += [row.period_s for row in rows]
        self.seq += [row.seq for row in rows]

    def minutes(self) -> set[int]:
        """Minutes since 1970 that the rows fall into."""
        found: list[int] = np.unique(np.array(self.time_ns, np.int64) // MINUTE_NS).tolist()
        return set(found)

    def arrays(self) -> dict[str, Column]:
        """The columns by name.

        Raises:
            OverflowError: a whole number does not fit its column.
        """
        return {
            "time_ns": np.array(self.time_ns, np.int64),
            "series": np.array(self.series, np.int64),
            "value": np.array(self.value, np.float64),
            "n": np.array(self.n, np.int64),
            "quality": np.array(self.quality, np.int8),
            "period_s": np.array(self.period_s, np.float64),
            "seq": np.array(self.seq, np.int64),
        }

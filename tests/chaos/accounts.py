"""The account of a run: what a node's outbox gave out against what both stores hold.

Counted twice: by the server (GET /api/v1/streams) and, after its end, in the stores' own files.
"""

import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg
from chaos.node import Truth

from fleet.aggregator_api import StreamAudit


@dataclass(frozen=True, slots=True)
class Account:
    """`made` by the outbox; `lost` made and nowhere stored; `gaps` declared or dead-lettered."""

    made: int
    events: int
    rows: int
    lost: int
    duplicated: int
    gaps: int
    watermark: int

    @property
    def whole(self) -> bool:
        """Whether every fact is stored exactly once."""
        return (self.lost, self.duplicated, self.gaps) == (0, 0, 0) and self.watermark == self.made


def by_api(truth: Truth, audits: list[StreamAudit]) -> Account:
    """The account as the running server counts it."""
    audit = next(each for each in audits if each.stream == truth.stream)
    stored = audit.events_stored + audit.rows_stored - audit.duplicated
    return Account(
        made=truth.made,
        events=audit.events_stored,
        rows=audit.rows_stored,
        lost=truth.made - stored,
        duplicated=audit.duplicated,
        gaps=audit.skipped + audit.dead_lettered,
        watermark=audit.watermark,
    )


def by_files(truth: Truth, node: str, data_dir: Path, *, conninfo: str = "") -> Account:
    """The account as a stopped server's files tell it; with `conninfo` PostgreSQL's, not SQLite's."""
    key = (node, truth.stream)
    with duckdb.connect(str(data_dir / "timeseries.duckdb"), read_only=True) as series:
        rows = [
            seq for (seq,) in series.execute(
                "SELECT seq FROM measurements WHERE node = ? AND stream = ?", list(key)
            ).fetchall()
        ]  # fmt: skip
    asked = (
        "SELECT seq FROM events WHERE node = ? AND stream = ?",
        "SELECT count FROM skips WHERE node = ? AND stream = ?",
        "SELECT seq_count FROM dead_letters WHERE node = ? AND stream = ?",
        "SELECT watermark FROM streams WHERE node = ? AND stream = ?",
    )
    if conninfo:
        with psycopg.connect(conninfo) as server:
            found = [server.execute(each.replace("?", "%s"), key).fetchall() for each in asked]
    else:
        with sqlite3.connect(f"file:{data_dir / 'matthan.sqlite'}?mode=ro", uri=True) as file:
            found = [file.execute(each, key).fetchall() for each in asked]
        file.close()
    events, skips, letters, watermarks = ([value for (value,) in column] for column in found)
    times = Counter(events) + Counter(rows)
    return Account(
        made=truth.made,
        events=len(events),
        rows=len(rows),
        lost=len(set(range(1, truth.made + 1)) - times.keys()),
        duplicated=sum(count - 1 for count in times.values())
        + len(times.keys() - set(range(1, truth.made + 1))),
        gaps=sum(skips) + sum(letters),
        watermark=watermarks[0],
    )

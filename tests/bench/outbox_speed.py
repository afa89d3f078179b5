"""Appends to the outbox, one and fifty a commit, against a bare SQLite insert of the same bytes."""

import sqlite3
import tempfile
import time
from pathlib import Path

from edge_agent.outbox.journal import Journal
from edge_agent.outbox.sealed import UNNUMBERED, Sealed, encode_body
from fleet.wire.messages import Event

COMMITS = 300
QUOTA = 2**28


def outbox_speed() -> list[dict[str, object]]:
    """Both sizes of a commit."""
    return [_measured(1), _measured(50)]


def _measured(size: int) -> dict[str, object]:
    facts = [_sealed(number) for number in range(size)]
    with tempfile.TemporaryDirectory(prefix="matthan-outbox-") as folder:
        journal = Journal(Path(folder) / "outbox.sqlite", quota_bytes=QUOTA, new_stream=lambda: b"benchmrk")
        bare = _bare(Path(folder) / "bare.sqlite")
        ours_s = bare_s = 0.0
        seq = 0
        for _ in range(COMMITS):  # in turns, so that the disk's moods hit both
            began_s = time.perf_counter()
            journal.append(facts)
            between_s = time.perf_counter()
            rows = [(seq + place, 1, encode_body(each.fact), None, None) for place, each in enumerate(facts)]
            bare.execute("BEGIN IMMEDIATE")
            bare.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?)", rows)
            bare.execute("COMMIT")
            bare_s += time.perf_counter() - between_s
            ours_s += between_s - began_s
            seq += size
        journal.close()
        bare.close()
    made = COMMITS * size
    return {
        "bench": f"outbox_{size}_a_commit",
        "facts_per_s": round(made / ours_s, 1),
        "bare_sqlite_facts_per_s": round(made / bare_s, 1),
        "ratio_to_bare_sqlite": round(bare_s / ours_s, 3),
    }


def _bare(path: Path) -> sqlite3.Connection:
    """A table with the same columns, durable to the same degree."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(
        "CREATE TABLE facts (seq INTEGER PRIMARY KEY, priority INT, body BLOB, anchor_ms INT, boot TEXT)"
    )
    return connection


def _sealed(number: int) -> Sealed:
    return Sealed(
        Event(
            UNNUMBERED, 1_790_000_000_000 + number, 0, "line_crossed", "gate-count", "cam-01", "gate",
            "person", number, 870, "forward", 1.5, (1000, 2000, 3000, 6000), None, (),
            "ssdlite_mobilenet_v2_coco/int8",
        )
    )  # fmt: skip

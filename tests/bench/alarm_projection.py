"""How fast stored events become alarms, against storing the same events.

Three mixes: a storm (every event equal), a crowd (every event an alarm of its own), and a city's mix (one
in ten calls somebody, from forty cameras). Storing is the committer's relational transaction in batches of
500, without broker and decoding, so that the peer is as fast as it gets. Prints one JSON line a mix; `met`
is that 1,000 events a second are kept up with.

    python tests/bench/alarm_projection.py [--events N] [--database URL]
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Engine
from uuid6 import uuid7

from aggregator.alarms.projection import AlarmProjection
from aggregator.ingest.ledger import Ledger, StreamChange
from aggregator.places.repository import PlacesRepository
from aggregator.places.service import PlacesService
from aggregator.storage.relational.engine import make_engine
from aggregator.storage.relational.migrations import upgrade
from aggregator.storage.seq_ranges import SeqRanges
from aggregator.timeseries_opening import now_utc
from fleet.wire.messages import Event

BATCH = 500
WANTED_PER_S = 1000
STREAM = "00112233445566ff"


def storm(seq: int) -> Event:
    """Every event equal."""
    return _event(seq, "intruded")


def crowd(seq: int) -> Event:
    """Every event an alarm of its own."""
    return _event(seq, "red_light_run", track_id=seq)


def city(seq: int) -> Event:
    """One in ten calls somebody."""
    if seq % 10:
        return _event(seq, "line_crossed", track_id=seq)
    return _event(seq, "intruded" if seq % 20 else "parking_confirmed", camera=f"cam-{seq % 400 // 10:02}")


MIXES: dict[str, Callable[[int], Event]] = {"storm": storm, "crowd": crowd, "city": city}


def alarm_projection(mix: str, events: int, database: str = "") -> dict[str, object]:
    """One mix into an empty database."""
    with tempfile.TemporaryDirectory() as directory:
        engine = make_engine(database or f"sqlite:///{Path(directory) / 'a.sqlite'}")
        try:
            upgrade(engine)
            return _measured(engine, mix, events)
        finally:
            engine.dispose()


def _measured(engine: Engine, mix: str, count: int) -> dict[str, object]:
    projection = AlarmProjection(
        engine, PlacesService(PlacesRepository(engine), now_utc), now_utc, lambda: str(uuid7())
    )
    while projection.step().is_behind:
        pass
    batches = list(_batches(mix, count))
    began_s = time.perf_counter()
    for batch in batches:
        _store(engine, batch)
    stored_s = time.perf_counter() - began_s
    began_s, changed = time.perf_counter(), 0
    while True:
        stepped = projection.step()
        changed += len(stepped.changed)
        if not stepped.is_behind:
            break
    projected_s = time.perf_counter() - began_s
    return {
        "bench": f"alarms_{mix}_{engine.dialect.name}",
        "events": count,
        "alarms_changed": changed,
        "stored_per_s": round(count / stored_s),
        "projected_per_s": round(count / projected_s),
        "ratio_to_storing": round(stored_s / projected_s, 2),
        "met": count / projected_s >= WANTED_PER_S,
    }


def _batches(mix: str, count: int) -> Iterator[list[Event]]:
    for start in range(1, count + 1, BATCH):
        yield [MIXES[mix](seq) for seq in range(start, min(start + BATCH, count + 1))]


def _store(engine: Engine, batch: list[Event]) -> None:
    key = ("bench", STREAM)
    now_ms = int(now_utc().timestamp() * 1000)
    with Ledger(engine).transaction() as transaction:
        transaction.lock([key], now_ms)
        state = SeqRanges(batch[-1].seq)
        transaction.record([StreamChange(key, state, batch, 0, [])], now_ms)


def _event(seq: int, kind: str, *, camera: str = "cam-01", track_id: int = 0) -> Event:
    return Event(
        seq=seq,
        occurred_at_ms=int(now_utc().timestamp() * 1000),
        clock=0,
        kind=kind,
        rule="rule",
        camera=camera,
        zone_or_line="zone",
        class_name="person",
        track_id=track_id,
        score_e3=900,
        evidence=(bytes(32),),
        model="ssdlite_mobilenet_v2_coco/int8",
    )


def main() -> None:
    """Every mix, one JSON line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--database", default="", help="URL of an empty PostgreSQL database; SQLite without")
    parser.add_argument("--mix", choices=sorted(MIXES), action="append")
    options = parser.parse_args()
    for mix in options.mix or MIXES:
        print(json.dumps(alarm_projection(mix, options.events, options.database)), flush=True)


if __name__ == "__main__":
    main()

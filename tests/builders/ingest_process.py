"""A real ingest process for tests, that can be told to die at a named step.

    python -m builders.ingest_process SETTINGS.json

Prints one line when it is connected. `die_at`: `after_rows` (time series written, relational
transaction open), `before_ack` (both stores written, the broker not told), or empty.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from aggregator.ingest.inbox import Delivery
from aggregator.ingest.ledger import Ledger
from aggregator.ingest.mqtt_inbox import MqttInbox, MqttLink
from aggregator.ingest.worker import IngestWorker, Pace
from aggregator.storage.relational.engine import make_engine
from aggregator.storage.relational.migrations import upgrade
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.store import StreamRows, WriteResult


class Settings(msgspec.Struct, frozen=True):
    """What the process is given; `die_after` cycles are let through first."""

    database_url: str
    timeseries: str
    broker_url: str
    user: str
    password: str
    client_id: str
    die_at: str = ""
    die_after: int = 0


class DyingInbox(MqttInbox):
    """Dies where it would acknowledge."""

    cycles_left = 0

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        if self.cycles_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.cycles_left -= 1
        super().ack(deliveries)


class DyingStore(DuckDbStore):
    """Dies when the rows are written."""

    cycles_left = 0

    def write(self, batch: tuple[StreamRows, ...]) -> WriteResult:
        result = super().write(batch)
        if self.cycles_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.cycles_left -= 1
        return result


def main() -> None:
    """Ingest until killed."""
    settings = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Settings)
    engine = make_engine(settings.database_url)
    upgrade(engine)
    store = (DyingStore if settings.die_at == "after_rows" else DuckDbStore)(Path(settings.timeseries))
    link = MqttLink(settings.broker_url, settings.client_id, settings.user, settings.password)
    kind = DyingInbox if settings.die_at == "before_ack" else MqttInbox
    inbox = kind(link, clock=lambda: datetime.now(tz=UTC), monotonic=time.monotonic)
    for dying in (inbox, store):
        if isinstance(dying, DyingInbox | DyingStore):
            dying.cycles_left = settings.die_after
    worker = IngestWorker(
        inbox,
        Ledger(engine),
        store,
        on_state=lambda *_: None,
        announce=lambda _: None,
        clock=lambda: datetime.now(tz=UTC),
        pace=Pace(deliveries=50),
    )
    inbox.start()
    worker.start()
    while not inbox.connected:
        time.sleep(0.01)
    print("connected", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()

import asyncio
import json
from datetime import UTC, datetime

from aggregator.ingest.announce import EventsStored, MeasurementsStored, NodeSpoke, StoredEvent
from aggregator.live.hub import LiveHub
from aggregator.telling import Teller
from fleet.wire.messages import Event, MeasurementRow, NodeState

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def stored(seq: int, kind: str) -> StoredEvent:
    return StoredEvent("node-1", "0" * 16, Event(seq, 0, 0, kind, "r", "c"), NOW)


def test_what_ingest_announces_reaches_consoles_counted_and_with_every_alarm() -> None:
    async def run() -> None:
        hub = LiveHub("e")
        teller = Teller(hub)
        feed = hub.follow("e-0")
        await anext(feed)
        await anext(feed)
        teller.announce(
            EventsStored((stored(1, "intruded"), *(stored(seq, "line_crossed") for seq in range(2, 100))))
        )
        row = MeasurementRow(100, 0, 60.0, "flow", "cam", "gate", "car", "forward", 1.0)
        teller.announce(MeasurementsStored((("node-1", row),) * 3))
        teller.announce(NodeSpoke("node-1", NodeState(1, "alive", 0), NOW))
        hub.tick()
        update = json.loads((await anext(feed)).partition(b"data: ")[2])
        assert [each["seq"] for each in update["alarms"]] == [1]
        assert [each["seq"] for each in update["events"]] == list(range(99, 49, -1))
        assert update["counts"] == {
            "events": 99,
            "alarms": 1,
            "measurements": 3,
            "by_kind": {"intruded": 1, "line_crossed": 98},
        }

    asyncio.run(run())

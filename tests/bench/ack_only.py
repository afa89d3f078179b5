"""The peer that throughput is measured against: the same broker and the same inbox, and no store.

    python ack_only.py NODES

Starts the embedded broker with accounts for NODES simulated nodes, acknowledges every delivery at once
without decoding it, and counts. It writes one line of JSON when it is ready (the accounts) and one when
its standard input closes (what it received).
"""

import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from aggregator.broker.embedded_nats import EmbeddedNats
from aggregator.ingest.mqtt_inbox import MqttInbox, MqttLink
from fleet.aggregator_api import Credentials
from fleet.simulator.simulate import node_names
from fleet.wire.topics import UpChannel, parse_up

_LIMIT = 2_000
_TIMEOUT_S = 0.2
_FACTS = frozenset({UpChannel.EVENTS, UpChannel.MEASUREMENTS})


class Offer(msgspec.Struct, frozen=True):
    """The first line: where to connect and as whom."""

    broker: str
    nodes: list[Credentials]


class Received(msgspec.Struct, frozen=True):
    """The last line: messages with facts, acknowledged, and the processor time that this process took."""

    messages: int
    payload_bytes: int
    cpu_s: float


def acknowledge(inbox: MqttInbox, stop: threading.Event) -> tuple[int, int]:
    """Acknowledge until `stop`; returns messages and payload bytes of the two channels of facts."""
    messages = payload_bytes = 0
    while not stop.is_set():
        deliveries = inbox.receive(_LIMIT, _TIMEOUT_S)
        inbox.ack(deliveries)
        for delivery in deliveries:
            parsed = parse_up(delivery.topic)
            if parsed is not None and parsed.channel in _FACTS:
                messages += 1
                payload_bytes += len(delivery.payload)
    return messages, payload_bytes


def main() -> None:
    """Serve until standard input closes."""
    names = node_names(int(sys.argv[1]))
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    with (
        tempfile.TemporaryDirectory(prefix="matthan-ack-only-") as folder,
        EmbeddedNats(Path(folder), port=0) as broker,
    ):
        made = broker.ensure_nodes(names)
        ours = broker.aggregator_credentials
        inbox = MqttInbox(
            MqttLink(broker.url, ours.client_id, ours.user, ours.password),
            clock=lambda: datetime.now(tz=UTC),
            monotonic=time.monotonic,
            host_session=1,
        )
        inbox.start()
        try:
            while not inbox.connected and not stop.wait(0.02):
                pass
            accounts = [
                Credentials(name, broker.url, each.user, each.password, each.client_id)
                for name, each in zip(names, made, strict=True)
            ]
            print(msgspec.json.encode(Offer(broker.url, accounts)).decode(), flush=True)
            messages, payload_bytes = acknowledge(inbox, stop)
        finally:
            inbox.stop()
    print(
        msgspec.json.encode(Received(messages, payload_bytes, round(time.process_time(), 3))).decode(),
        flush=True,
    )


if __name__ == "__main__":
    main()

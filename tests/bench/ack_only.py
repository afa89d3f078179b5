"""The peer that throughput is measured against: the same broker and the same inbox, and no store.

    python ack_only.py NODES

Starts the embedded broker with accounts for NODES simulated nodes, acknowledges every delivery at once
without decoding it, and counts. It writes one line of JSON when it is ready (the accounts). Then it reads
one number from its standard input: how many messages there were in all; it writes a second line when it
has received so many, or a minute later what it has.
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
_TIMEOUT_S = 0.02
_PATIENCE_S = 60.0
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


class Expectation:
    """How many messages will have come; unknown until standard input tells."""

    def __init__(self) -> None:
        """Listen for it."""
        self._number: int | None = None
        self._until_s = 0.0
        threading.Thread(target=self._listen, name="expectation", daemon=True).start()

    def met_by(self, messages: int) -> bool:
        """Whether that is all, or waiting for more has become pointless."""
        if self._number is None:
            return False
        return messages >= self._number or time.monotonic() > self._until_s

    def _listen(self) -> None:
        line = sys.stdin.readline().strip()
        self._until_s = time.monotonic() + _PATIENCE_S
        self._number = int(line or 0)


def acknowledge(inbox: MqttInbox, expectation: Expectation) -> tuple[int, int]:
    """Acknowledge until all is there; returns messages and payload bytes of the two channels of facts."""
    messages = payload_bytes = 0
    while not expectation.met_by(messages):
        deliveries = inbox.receive(_LIMIT, _TIMEOUT_S)
        inbox.ack(deliveries)
        for delivery in deliveries:
            parsed = parse_up(delivery.topic)
            if parsed is not None and parsed.channel in _FACTS:
                messages += 1
                payload_bytes += len(delivery.payload)
    return messages, payload_bytes


def main() -> None:
    """Serve until everything has come."""
    names = node_names(int(sys.argv[1]))
    expectation = Expectation()
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
            while not inbox.connected:
                time.sleep(0.02)
            accounts = [
                Credentials(name, broker.url, each.user, each.password, each.client_id)
                for name, each in zip(names, made, strict=True)
            ]
            print(msgspec.json.encode(Offer(broker.url, accounts)).decode(), flush=True)
            messages, payload_bytes = acknowledge(inbox, expectation)
        finally:
            inbox.stop()
    print(
        msgspec.json.encode(Received(messages, payload_bytes, round(time.process_time(), 3))).decode(),
        flush=True,
    )


if __name__ == "__main__":
    main()

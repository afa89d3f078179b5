"""A client that stands in for the aggregator: takes what nodes say, counts it, and confirms by watermarks."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from aggregator.broker.accounts import NodeCredentials
from fleet.wire.codec import Codec, Rejected
from fleet.wire.messages import (
    Event,
    EventBatch,
    HostState,
    MeasurementBatch,
    MeasurementRow,
    NodeState,
    Watermark,
)
from fleet.wire.topics import ALL_UP, HOST_STATE, DownChannel, UpChannel, down, parse_up

Key = tuple[str, bytes, int]


class Bookkeeper:
    """Ingests with a persistent session of its own account; a context manager.

    `confirming` switches the watermarks on and off. `facts` counts arrivals by (node, stream, seq).
    """

    def __init__(self, url: str, credentials: NodeCredentials, *, confirming: bool = True) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 1883)
        self.confirming = confirming
        self.facts: Counter[Key] = Counter()
        self.events: dict[Key, Event] = {}
        self.rows: dict[Key, MeasurementRow] = {}
        self.skipped: set[Key] = set()
        self.states: list[NodeState] = []
        self.order: list[tuple[UpChannel, list[int]]] = []
        self.refused: list[str] = []
        self._watermarks: dict[tuple[str, bytes], int] = {}
        self._codec = Codec()
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        client = self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=credentials.client_id, clean_session=False
        )
        client.username_pw_set(credentials.user, credentials.password)
        client.reconnect_delay_set(1, 1)
        client.on_connect = lambda c, *_: c.subscribe(ALL_UP, 1)
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_message = self._received

    def __enter__(self) -> Self:
        self._client.connect(*self._address)
        self._client.loop_start()
        assert self._subscribed.wait(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def wait(self, condition: Callable[[], bool], timeout_s: float = 15.0) -> None:
        """Wait until `condition` holds; it is asked after every message."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not condition():
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise TimeoutError(
                        f"not within {timeout_s} s; {len(self.facts)} facts, {self.states[-2:]}"
                    )
                self._changed.wait(left_s)

    def confirm(self, node: str, stream: bytes, seq: int) -> None:
        """Publish any watermark, true or not."""
        payload = self._codec.encode(Watermark(stream, seq))
        self._client.publish(down(node, DownChannel.ACK), payload, qos=1)

    def restore(self, node: str, stream: bytes, seq: int) -> None:
        """Forget everything past `seq`, as a database does that is restored from a backup."""
        with self._changed:
            for key in [key for key in self.facts if key[:2] == (node, stream) and key[2] > seq]:
                del self.facts[key]
            self._watermarks[node, stream] = seq

    def announce(self, *, online: bool) -> None:
        """Say on `host/state` whether an aggregator runs."""
        payload = self._codec.encode(HostState(1, online, 0))
        self._client.publish(HOST_STATE, payload, qos=1, retain=True).wait_for_publish(5)

    def _received(self, _client: paho.Client, _user: Any, message: paho.MQTTMessage) -> None:
        topic = parse_up(message.topic)
        assert topic is not None
        with self._changed:
            match topic.channel:
                case UpChannel.EVENTS:
                    self._take(topic.node, UpChannel.EVENTS, self._codec.decode(message.payload, EventBatch))
                case UpChannel.MEASUREMENTS:
                    batch = self._codec.decode(message.payload, MeasurementBatch)
                    self._take(topic.node, UpChannel.MEASUREMENTS, batch)
                case UpChannel.STATE:
                    self._take_state(topic.node, self._codec.decode(message.payload, NodeState))
                case _:
                    pass
            self._changed.notify_all()

    def _take(self, node: str, channel: UpChannel, batch: EventBatch | MeasurementBatch | Rejected) -> None:
        if isinstance(batch, Rejected):
            self.refused.append(batch.detail)
            return
        facts = batch.events if isinstance(batch, EventBatch) else batch.rows
        self.order.append((channel, [fact.seq for fact in facts]))
        for fact in facts:
            key = (node, batch.stream, fact.seq)
            self.facts[key] += 1
            if isinstance(fact, Event):
                self.events[key] = fact
            else:
                self.rows[key] = fact
        for skip in batch.skipped:
            self.skipped |= {(node, batch.stream, seq) for seq in range(skip.from_seq, skip.to_seq + 1)}
        self._confirm_what_came(node, batch.stream)

    def _confirm_what_came(self, node: str, stream: bytes) -> None:
        last = self._watermarks.get((node, stream), 0)
        watermark = next(
            n
            for n in itertools.count(last)
            if (node, stream, n + 1) not in self.facts and (node, stream, n + 1) not in self.skipped
        )
        if watermark > last and self.confirming:
            self._watermarks[node, stream] = watermark
            self.confirm(node, stream, watermark)

    def _take_state(self, node: str, state: NodeState | Rejected) -> None:
        assert not isinstance(state, Rejected)
        self.states.append(state)
        if state.phase in {"born", "alive"} and self.confirming:
            self.confirm(node, state.stream, self._watermarks.get((node, state.stream), 0))

"""One simulated node as a state machine without I/O: makes facts, keeps them until settled, resends.

It keeps the promises of a real node's outbox: a message stays until the aggregator's watermark has
passed its last seq, and after `resend_s` of silence all that is unsettled is sent again in order.
`now_s` is monotonic; every method takes it.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from fleet.simulator.facts import FactSource
from fleet.wire.codec import Codec
from fleet.wire.messages import Watermark
from fleet.wire.topics import UpChannel, up

_CLOSED_LOOP_S: Final = 0.002


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An encoded message in the outbox; `made_at_s` is when its facts happened."""

    topic: str
    payload: bytes
    last_seq: int
    facts: int
    made_at_s: float


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a node makes facts: messages a second, facts a message, and unsettled messages at most.

    `rate` 0 is a closed loop: a message is made whenever the window has room.
    """

    rate: float
    batch: int
    window: int = 64
    resend_s: float = 30.0


class SimulatedNode:
    """A node's outbox and pace. `sent_facts` counts what it made, `settled_facts` what was confirmed."""

    def __init__(self, node: str, *, stream: bytes, seed: int, pace: Pace, codec: Codec) -> None:
        """Make an empty outbox; no fact before start()."""
        self.node = node
        self.stream = stream
        self._facts = FactSource(seed, stream)
        self._pace = pace
        self._codec = codec
        self._next_due_s = math.inf
        self._waiting: deque[Outgoing] = deque()
        self._flying: deque[Outgoing] = deque()
        self._last_progress_s = 0.0
        self._rows_next = seed % 2 == 1
        self.last_seq = 0
        self.made_facts = 0
        self.settled_facts = 0
        self.settled_messages = 0
        self.resent_messages = 0
        self.payload_bytes = 0

    @property
    def next_due_s(self) -> float:
        """When the next message is due."""
        return self._next_due_s

    @property
    def outbox_facts(self) -> int:
        """Facts that the watermark has not passed."""
        return self.made_facts - self.settled_facts

    def start(self, at_s: float) -> None:
        """Begin to make facts at `at_s`."""
        self._next_due_s = at_s

    def make_due(self, now_s: float, now_ms: int) -> None:
        """Make the messages that are due by `now_s`."""
        if self._pace.rate == 0:
            self._fill(now_s, now_ms)
            return
        while self._next_due_s <= now_s:
            self._waiting.append(self._make(self._next_due_s, now_ms))
            self._next_due_s += 1 / self._pace.rate

    def _fill(self, now_s: float, now_ms: int) -> None:
        for _ in range(self._pace.window - len(self._waiting) - len(self._flying)):
            self._waiting.append(self._make(now_s, now_ms))
        self._next_due_s = now_s + _CLOSED_LOOP_S

    def take(self, now_s: float) -> Outgoing | None:
        """Return the next message to publish, None when the window is full or nothing waits."""
        if not self._waiting or len(self._flying) >= self._pace.window:
            return None
        if not self._flying:
            self._last_progress_s = now_s
        message = self._waiting.popleft()
        self._flying.append(message)
        return message

    def settle(self, watermark: Watermark, now_s: float) -> list[float]:
        """Drop what the watermark has passed; returns the latency of each message, in seconds.

        A watermark of another stream, or beyond what was sent, is ignored.
        """
        if watermark.stream != self.stream or watermark.seq > self.last_seq:
            return []
        latencies = []
        while self._flying and self._flying[0].last_seq <= watermark.seq:
            latencies.append(self.settle_oldest(now_s))
        return latencies

    def settle_oldest(self, now_s: float) -> float:
        """Drop the oldest message in flight; returns its latency in seconds, 0 when there is none.

        For a peer that acknowledges and stores nothing: the broker's PUBACK then settles.
        """
        if not self._flying:
            return 0.0
        message = self._flying.popleft()
        self.settled_facts += message.facts
        self.settled_messages += 1
        self._last_progress_s = now_s
        return now_s - message.made_at_s

    def resend(self, now_s: float, *, reconnected: bool = False) -> None:
        """Put what is in flight back to the front after silence, or at once after a reconnect."""
        silent = now_s - self._last_progress_s >= self._pace.resend_s
        if self._flying and (silent or reconnected):
            self.resent_messages += len(self._flying)
            self._waiting.extendleft(reversed(self._flying))
            self._flying.clear()
            self._last_progress_s = now_s

    def _make(self, made_at_s: float, now_ms: int) -> Outgoing:
        first, count = self.last_seq + 1, self._pace.batch
        if self._rows_next:
            payload = self._codec.encode(self._facts.rows(first, count, now_ms))
            topic = up(self.node, UpChannel.MEASUREMENTS)
        else:
            payload = self._codec.encode(self._facts.events(first, count, now_ms))
            topic = up(self.node, UpChannel.EVENTS)
        self._rows_next = not self._rows_next
        self.last_seq += count
        self.made_facts += count
        self.payload_bytes += len(payload)
        return Outgoing(topic, payload, self.last_seq, count, made_at_s)

"""The ingest loop: receive, accept, store, acknowledge, tell the nodes, announce.

Invariants: the broker is told only after the commit; while a store is away the worker holds what it
has, takes nothing more, and tries again for ever, so that the broker's window and then the nodes'
outboxes fill and memory does not; no payload stops the loop.

Threads: `ingest` owns everything here; `status` may be read from any thread.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from aggregator.errors import AggregatorError, StoreError
from aggregator.ingest.accept import Refusal
from aggregator.ingest.announce import Announce
from aggregator.ingest.backoff import delay_s
from aggregator.ingest.committer import Committer, Counts, OnState, Outcome
from aggregator.ingest.cycle import Cycle, sort_out
from aggregator.ingest.dead_letters import DeadLetter
from aggregator.ingest.inbox import Delivery, Inbox
from aggregator.ingest.ledger import Ledger, StreamKey
from aggregator.storage.timeseries.store import TimeSeriesStore
from fleet.wire import topics
from fleet.wire.codec import Codec
from fleet.wire.messages import Watermark
from fleet.wire.topics import DownChannel

_log = logging.getLogger(__name__)
_IDLE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """How much goes into one commit: what comes within `linger_s`, at most `deliveries`.

    A commit costs some 10 ms of processor time however little it holds, so few are made; and a
    quarter of the broker's window at most, so that it delivers the next while one is written.
    The worker lingers in `steps` and stops at the first step in which nothing came, because a
    broker with a small window sends no more before it is acknowledged. Nodes are told their
    watermarks every `tell_s`, joined: a node that sends singles would else settle each by itself.
    """

    deliveries: int = 1024
    linger_s: float = 0.06
    steps: int = 4
    tell_s: float = 0.2
    retry_base_s: float = 0.2
    retry_cap_s: float = 5.0


@dataclass(frozen=True, slots=True)
class IngestStatus:
    """For /readyz: `problem` is empty when facts flow; `held` deliveries wait for a store."""

    connected: bool
    problem: str
    held: int
    counts: Counts


class IngestWorker:
    """Runs the loop on a thread of its own. `clock` gives aware UTC; `announce` must not block."""

    def __init__(
        self,
        inbox: Inbox,
        ledger: Ledger,
        timeseries: TimeSeriesStore,
        *,
        on_state: OnState,
        announce: Announce,
        clock: Callable[[], datetime],
        pace: Pace | None = None,
    ) -> None:
        self._inbox = inbox
        self._committer = Committer(ledger, timeseries, on_state)
        self._announce = announce
        self._clock = clock
        self._pace = pace or Pace()
        self._codec = Codec()
        self._store_problem = ""
        self._held = 0
        self._untold: dict[StreamKey, int] = {}
        self._told_s = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)

    def start(self) -> None:
        """Begin to ingest."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the commit under way and wait for the thread; what is not acknowledged comes again."""
        self._stopping.set()
        self._thread.join()

    @property
    def status(self) -> IngestStatus:
        """How it goes."""
        problem = self._store_problem or self._inbox.problem
        return IngestStatus(self._inbox.connected, problem, self._held, replace(self._committer.counts))

    def _run(self) -> None:
        while not self._stopping.is_set():
            deliveries = self._gather()
            if deliveries:
                self._supervise(deliveries)
            self._tell()

    def _supervise(self, deliveries: list[Delivery]) -> None:
        """Take deliveries; a fault of ours is narrowed down to one of them, and the rest goes on."""
        try:
            self._take(deliveries)
        except Exception as error:  # noqa: BLE001  the supervisor: ingest must outlive its own bugs
            if len(deliveries) > 1:
                for delivery in deliveries:
                    self._supervise([delivery])
            else:
                _log.exception(
                    "a delivery on %s cannot be processed: kept as a dead letter", deliveries[0].topic
                )
                self._bury(deliveries[0], error)

    def _bury(self, delivery: Delivery, error: Exception) -> None:
        """Keep what we failed at. Its facts are not accounted for, so the node still has them."""
        letter = DeadLetter(
            delivery.topic, delivery.payload, Refusal.INTERNAL, f"{type(error).__name__}: {error}"
        )
        try:
            self._committer.commit(Cycle((), (), (letter,), 0), self._clock())
        except AggregatorError:
            _log.exception("nor can it be kept")
        self._inbox.ack([delivery])

    def _gather(self) -> list[Delivery]:
        """Deliveries for one commit."""
        deliveries = self._inbox.receive(
            self._pace.deliveries, self._pace.tell_s if self._untold else _IDLE_S
        )
        for _ in range(self._pace.steps):
            if not deliveries or len(deliveries) >= self._pace.deliveries:
                break
            more = self._inbox.receive(
                self._pace.deliveries - len(deliveries), self._pace.linger_s / self._pace.steps
            )
            if not more:
                break
            deliveries += more
        return deliveries

    def _take(self, deliveries: Sequence[Delivery]) -> None:
        """Store deliveries, however long it takes; then acknowledge, tell and announce."""
        cycle = sort_out(deliveries, self._codec)
        attempt = 0
        self._held = len(deliveries)
        while not self._stopping.is_set():
            try:
                outcome = self._committer.commit(cycle, self._clock())
            except StoreError as error:
                self._store_problem = str(error)
                wait_s = delay_s(
                    attempt,
                    random.random(),  # noqa: S311  jitter, not a secret
                    base_s=self._pace.retry_base_s,
                    cap_s=self._pace.retry_cap_s,
                )
                _log.warning("%s; %d deliveries wait, next try in %.1f s", error, len(deliveries), wait_s)
                self._stopping.wait(wait_s)
                attempt += 1
                continue
            self._store_problem = ""
            self._held = 0
            self._committer.counts.deliveries += len(deliveries)
            self._finish(deliveries, outcome)
            return

    def _finish(self, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        self._inbox.ack(deliveries)
        self._untold.update(outcome.watermarks)
        for announcement in outcome.announcements:
            try:
                self._announce(announcement)
            except Exception:  # noqa: BLE001  what listens is not ingest's, and the facts are stored
                _log.exception("an announcement was lost")

    def _tell(self) -> None:
        """Tell nodes the watermarks that have changed since the last time, when it is time."""
        now_s = time.monotonic()
        if not self._untold or now_s < self._told_s + self._pace.tell_s:
            return
        for (node, stream), seq in self._untold.items():
            payload = self._codec.encode(Watermark(bytes.fromhex(stream), seq))
            self._inbox.publish(topics.down(node, DownChannel.ACK), payload)
        self._untold.clear()
        self._told_s = now_s

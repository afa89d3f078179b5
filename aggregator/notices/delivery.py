"""The thread that delivers notices.

It only follows the outbox: what waits, when it is tried again and what went out stands in the store, so a
server that starts anew goes on where the last one stopped.

Threads: `notices-delivery` owns everything here; `wake` may be called from any.
"""

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

from aggregator.errors import AggregatorError
from aggregator.notices.addresses import Channels
from aggregator.notices.channel import Delivered, Message, Outcome, Refused, TryLater
from aggregator.notices.outbox import Outbox, Parcel, Settled
from aggregator.notices.pacing import MOST_ATTEMPTS, delay_s
from aggregator.notices.wording import worded
from aggregator.storage.instants import to_ms

_log = logging.getLogger(__name__)
_PERIOD_S: Final = 0.5
_AWAY_S: Final = 5.0
LEASE_S: Final = 600.0
"""Longer than all sends of one round of a look may take."""


class Delivery:
    """Looks every half a second; `clock` gives aware UTC, `chance` a number in [0, 1)."""

    def __init__(
        self,
        outbox: Outbox,
        channels: Channels,
        clock: Callable[[], datetime],
        *,
        chance: Callable[[], float] = random.random,
        lease_s: float = LEASE_S,
    ) -> None:
        self._outbox = outbox
        self._channels = channels
        self._clock = clock
        self._chance = chance
        self._lease_s = lease_s
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notices-delivery", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the send under way and wait for the thread."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()

    def wake(self) -> None:
        """Look now."""
        self._woken.set()

    def tick(self) -> int:
        """Spread what is due and send it; returns how many messages were tried. Raises StoreError."""
        now_ms = to_ms(self._clock())
        self._outbox.spread(now_ms)
        parcels = self._outbox.lease(now_ms, now_ms + round(self._lease_s * 1000))
        tried = 0
        for parcel in parcels:
            if self._stopping.is_set():
                self._outbox.settle(Settled(parcel, "waiting", now_ms), now_ms)
                continue
            outcome = self._channels.send(parcel.address, _wording(parcel))
            done_ms = to_ms(self._clock())
            self._outbox.settle(_settled(parcel, outcome, done_ms, self._chance()), done_ms)
            tried += 1
        return tried

    def _run(self) -> None:
        wait_s = _PERIOD_S
        while not self._stopping.is_set():
            self._woken.wait(wait_s)
            self._woken.clear()
            wait_s = _PERIOD_S
            try:
                self.tick()
            except AggregatorError as error:
                _log.warning("notices wait to be delivered: %s", error)
                wait_s = _AWAY_S
            except Exception:  # noqa: BLE001  the supervisor: delivery must outlive our own bugs
                _log.exception("delivery failed; trying again")
                wait_s = _AWAY_S


def _wording(parcel: Parcel) -> Callable[[str], Message]:
    return lambda language: worded(parcel.message, parcel.alarms, language)


def _settled(parcel: Parcel, outcome: Outcome, now_ms: int, chance: float) -> Settled:
    match outcome:
        case Delivered():
            return Settled(parcel, "sent", now_ms)
        case Refused(reason):
            return Settled(parcel, "failed", now_ms, reason)
        case TryLater(reason, after_s):
            if parcel.attempts >= MOST_ATTEMPTS:
                return Settled(
                    parcel, "failed", now_ms, f"given up after {parcel.attempts} attempts: {reason}"
                )
            wait_s = max(delay_s(parcel.attempts, chance), after_s or 0.0)
            return Settled(parcel, "waiting", now_ms + round(wait_s * 1000), reason)

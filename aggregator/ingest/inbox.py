"""Where deliveries come from and acknowledgements go.

Invariants: a delivery that was not acknowledged comes again, at the latest after a reconnection; an
acknowledgement of a delivery of an earlier connection is dropped, because its number may mean
another message by now; what waits in memory is bounded.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """One message as the broker gave it; `token` is the inbox's own."""

    topic: str
    payload: bytes
    retained: bool
    token: int


class Inbox(Protocol):
    """A source of deliveries for one reader; `publish` may be called from any thread."""

    @property
    def connected(self) -> bool:
        """Whether the broker is there and the subscription stands."""
        ...

    @property
    def problem(self) -> str:
        """Why not, with the next step; empty when connected."""
        ...

    def receive(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Up to `limit` deliveries in order, as soon as there is one; [] after `timeout_s`."""
        ...

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that these need not come again."""
        ...

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send without a guarantee; what cannot be sent now is dropped."""
        ...

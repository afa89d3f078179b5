"""What every channel does: take a message to an address, once, and say what came of it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody is told.

    Attributes:
        id: the same when it is sent again, so that a receiver can tell.
        title: one line.
        text: lines of plain text.
        is_urgent: of severity high or critical.
    """

    id: str
    title: str
    text: str
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """The provider took it."""


@dataclass(frozen=True, slots=True)
class TryLater:
    """It may work later; `after_s` when the provider has said."""

    reason: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never work as it stands; the reason says what to mend."""

    reason: str


Outcome = Delivered | TryLater | Refused


class Channel(Protocol):
    """A way to reach people; `send` blocks for a bounded time, and neither raises nor tells an address."""

    def send(self, address: str, message: Message) -> Outcome:
        """Send a message."""

    def fault_of(self, address: str) -> str | None:
        """What is wrong with an address; None when it can be used."""

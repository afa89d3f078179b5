"""When to try again, and how many messages an address gets. Pure.

Invariants: an address gets at most `most` messages in any `window_ms`; what is more than that waits, and goes
out as one digest as soon as there is room, so that nothing is lost and nobody is flooded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_ATTEMPTS: Final = 8
_FIRST_S: Final = 5.0
_LONGEST_S: Final = 900.0


def delay_s(attempts: int, chance: float) -> float:
    """How long to wait after so many attempts: doubled each time, bounded, spread by half.

    Args:
        attempts: made so far, from 1.
        chance: in [0, 1).
    """
    whole = min(_LONGEST_S, _FIRST_S * 2.0 ** min(attempts - 1, 20))
    return whole * (0.5 + 0.5 * chance)


@dataclass(frozen=True, slots=True)
class Pace:
    """So many messages in so long a time."""

    most: int = 5
    window_ms: int = 60_000


@dataclass(frozen=True, slots=True)
class Paced:
    """What becomes of what is due to one address.

    Attributes:
        single: ids that go out each as a message of its own.
        digest: ids that go out together as one message.
        later_ms: when to look again at those that are in neither; None when all are.
    """

    single: tuple[int, ...] = ()
    digest: tuple[int, ...] = ()
    later_ms: int | None = None


def paced(due: Sequence[int], sent_ms: Sequence[int], now_ms: int, pace: Pace) -> Paced:
    """Pace an address.

    Args:
        due: ids of its deliveries, the oldest first.
        sent_ms: when messages went out to it lately.
        now_ms: the instant.
        pace: what it may get.
    """
    recent = sorted(at_ms for at_ms in sent_ms if at_ms > now_ms - pace.window_ms)
    room = pace.most - len(recent)
    if not due:
        return Paced()
    if room <= 0:
        return Paced(later_ms=recent[len(recent) - pace.most] + pace.window_ms)
    if len(due) <= room:
        return Paced(single=tuple(due))
    return Paced(single=tuple(due[: room - 1]), digest=tuple(due[room - 1 :]))

"""How fast wrong passwords may come; pure, time comes in.

Invariants: the table is bounded, whoever knocks with whatever names; a right password clears its
entry; the wait doubles from the fifth wrong one on and ends at a minute, so that nobody is locked
out for good by another's knocking.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

FREE_TRIES: Final = 5
LONGEST_WAIT_S: Final = 60.0
_MAX_ENTRIES: Final = 1024


@dataclass(frozen=True, slots=True)
class Knocks:
    """Wrong passwords of one name and address, and when the next is looked at."""

    wrong: int
    open_at_s: float


class Throttle:
    """Counts wrong passwords by key; `now_s` is a monotonic clock's reading."""

    def __init__(self) -> None:
        self._knocks: OrderedDict[str, Knocks] = OrderedDict()

    def wait_s(self, key: str, now_s: float) -> float:
        """Seconds until this key may try again; 0 when it may now."""
        knocks = self._knocks.get(key)
        return 0.0 if knocks is None else max(0.0, knocks.open_at_s - now_s)

    def wrong(self, key: str, now_s: float) -> None:
        """Note a wrong password."""
        before = self._knocks.pop(key, Knocks(0, now_s))
        wrong = before.wrong + 1
        over = wrong - FREE_TRIES
        wait_s = 0.0 if over < 0 else min(LONGEST_WAIT_S, 2.0 ** min(over, 10))
        self._knocks[key] = Knocks(wrong, now_s + wait_s)
        while len(self._knocks) > _MAX_ENTRIES:
            self._knocks.popitem(last=False)

    def right(self, key: str) -> None:
        """Forget a key that gave the right password."""
        self._knocks.pop(key, None)

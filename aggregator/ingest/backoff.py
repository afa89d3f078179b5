"""How long to wait before the next try. Pure: the random number comes in."""

from typing import Final

_DOUBLINGS: Final = 16


def delay_s(attempt: int, random_0_1: float, *, base_s: float = 0.5, cap_s: float = 30.0) -> float:
    """Wait before try `attempt` (0 is the first retry): doubling up to `cap_s`, half of it random.

    The random half spreads a thousand clients that lost the same server at the same instant.
    """
    full: float = min(cap_s, base_s * 2.0 ** min(attempt, _DOUBLINGS))
    return full * (0.5 + 0.5 * random_0_1)

"""How long to wait before trying again: exponential, bounded, jittered. Pure.

Shared by cameras and the uplink. Jitter keeps a thousand nodes that lost the same broker, or sixteen cameras
that lost the same switch, from coming back in the same instant.
"""

from random import Random


def next_delay_s(attempt: int, rng: Random, *, first_s: float = 1.0, longest_s: float = 60.0) -> float:
    """Seconds to wait after the failed attempt number `attempt`.

    Args:
        attempt: failures in a row before this one, from 0.
        rng: source of jitter; seeded in tests.
        first_s: the wait after the first failure, before jitter.
        longest_s: no wait is longer than this.

    Returns:
        A delay drawn evenly from the upper half of `min(longest_s, first_s * 2**attempt)`.
    """
    span_s = min(longest_s, first_s * 2.0 ** min(attempt, 32))
    return span_s * rng.uniform(0.5, 1.0)

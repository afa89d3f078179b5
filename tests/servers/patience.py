"""Waiting for what another process will do."""

import time
from collections.abc import Callable
from typing import TypeVar

ValueT = TypeVar("ValueT")


def eventually(
    get: Callable[[], ValueT], wanted: Callable[[ValueT], bool], *, timeout_s: float = 20
) -> ValueT:
    """Ask until the answer is wanted, and return the last one in any case, for the test to judge."""
    deadline = time.monotonic() + timeout_s
    while not wanted(found := get()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found

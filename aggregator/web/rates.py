"""How fast requests may come: a bucket of tokens for each who asks. Time comes in.

Invariants: memory is bounded, however many addresses and names are tried; whoever is known (their key or
session was accepted) has a bucket of their own, everybody else shares the bucket of their address, so that a
flood of forged keys empties the flooder's bucket and nobody else's.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.errors import TooManyAttemptsError
from aggregator.web.problems import headers_of, problem_of, problem_response

PRINCIPAL: Final = "matthan.principal"
"""Key of the request's scope under which the guard notes the id of whoever passed."""
_MOST: Final = 10_000
_CREDENTIALS: Final = (b"authorization", b"x-api-key", b"cookie")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a second on the long run, and so many at once after a pause."""

    per_s: float
    burst: float


class Buckets:
    """Tokens by name; the names not heard of for longest are forgotten first, which fills their bucket."""

    def __init__(self, rate: Rate, *, most: int = _MOST) -> None:
        self._rate = rate
        self._most = most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, now_s: float) -> float:
        """Take a token; gives 0, or in how many seconds there will be one."""
        tokens, at_s = self._left.pop(name, (self._rate.burst, now_s))
        tokens = min(self._rate.burst, tokens + max(0.0, now_s - at_s) * self._rate.per_s)
        wait_s = 0.0 if tokens >= 1 else (1 - tokens) / self._rate.per_s
        self._left[name] = (tokens if wait_s else tokens - 1, now_s)
        while len(self._left) > self._most:
            self._left.popitem(last=False)
        return wait_s

    def __len__(self) -> int:
        return len(self._left)


class Rates:
    """ASGI middleware, inside `Limits`; used in the event loop alone."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        known: Rate,
        unknown: Rate,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._known = Buckets(known)
        self._unknown = Buckets(unknown)
        self._names: OrderedDict[bytes, str] = OrderedDict()
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or answer 429 with `Retry-After`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        shown = _digest(scope["headers"])
        name = None if shown is None else self._names.get(shown)
        if name is not None:
            wait_s = self._known.take(name, self._monotonic())
        else:
            wait_s = self._unknown.take(_address(scope), self._monotonic())
        if wait_s:
            error = TooManyAttemptsError(
                "requests come too fast: wait as long as Retry-After says, and ask for more at once",
                retry_after_s=wait_s,
            )
            await problem_response(problem_of(error), headers_of(error))(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._note(shown, scope.get(PRINCIPAL))

    def _note(self, shown: bytes | None, name: str | None) -> None:
        if shown is None:
            return
        self._names.pop(shown, None)
        if name is not None:
            self._names[shown] = name
            while len(self._names) > _MOST:
                self._names.popitem(last=False)


def _digest(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    shown = [value for name, value in headers if name in _CREDENTIALS]
    return hashlib.blake2b(b"\0".join(shown), digest_size=16).digest() if shown else None


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""

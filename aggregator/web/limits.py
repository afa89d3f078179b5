"""ASGI middleware: caps the body of a request, and sets the headers that protect what we answer.

Invariant: a request past the cap is refused with 413 before any handler has seen its end, whether
it declares its length or streams without one.
"""

from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregator.errors import TooLargeError
from aggregator.web.problems import problem_of, problem_response

MAX_BODY: Final = 1_048_576
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'{images}; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class _OversizeError(Exception):
    """The body went past the cap while the handler read it."""


class Limits:
    """The outermost middleware; pictures of pages come from here and from `images_from`, if given."""

    def __init__(self, app: ASGIApp, *, max_body: int = MAX_BODY, images_from: str = "") -> None:
        self._app = app
        self._max_body = max_body
        self._csp = _CSP.format(images=f" {images_from}" if images_from else "").encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request within the limits."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        protected = _protected(send, self._csp)
        declared = _declared_length(scope["headers"])
        if declared is not None and declared > self._max_body:
            await self._refuse(scope, receive, protected)
            return
        await self._serve_counted(scope, receive, protected)

    async def _serve_counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = 0
        answered = False

        async def counted_receive() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_body and not answered:
                raise _OversizeError
            return message

        async def noted_send(message: Message) -> None:
            # What the application makes of the cut body is dropped: the answer is ours.
            nonlocal answered
            if read <= self._max_body or answered:
                answered = True
                await send(message)

        try:
            await self._app(scope, counted_receive, noted_send)
        except _OversizeError:
            if answered:
                raise
        if read > self._max_body and not answered:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = TooLargeError(f"a request may have {self._max_body} bytes: send less at a time")
        await problem_response(problem_of(error), {"Connection": "close"})(scope, receive, send)


def _protected(send: Send, csp: bytes) -> Send:
    async def protected_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            extra = [*_HEADERS, (b"content-security-policy", csp), (b"cache-control", b"no-store")]
            message["headers"] = [*message["headers"], *(pair for pair in extra if pair[0] not in present)]
        await send(message)

    return protected_send


def _declared_length(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    for name, value in headers:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return None

import asyncio
from collections.abc import Iterator

import pytest
from starlette.types import Message, Receive, Scope, Send

from aggregator.web.limits import Limits


async def echo(_scope: Scope, receive: Receive, send: Send) -> None:
    """Read the whole body, as a handler does, and tell its length."""
    length = 0
    while True:
        message = await receive()
        length += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % length})


async def swallowing(scope: Scope, receive: Receive, send: Send) -> None:
    """Turn every failure of reading into an answer of its own, as frameworks do."""
    try:
        await echo(scope, receive, send)
    except Exception:  # noqa: BLE001
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def answer(app: Limits, chunks: list[bytes], declared: str | None = None) -> list[Message]:
    sent: list[Message] = []
    waiting: Iterator[Message] = iter(
        [
            {"type": "http.request", "body": chunk, "more_body": index < len(chunks) - 1}
            for index, chunk in enumerate(chunks)
        ]
    )

    async def receive() -> Message:
        return next(waiting)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [] if declared is None else [(b"content-length", declared.encode())]
    asyncio.run(app({"type": "http", "headers": headers}, receive, send))
    return sent


@pytest.mark.parametrize(
    ("chunks", "declared", "status"),
    [
        ([b"x" * 10], "10", 200),
        ([b"x" * 10], None, 200),
        ([b"x" * 11], "11", 413),
        ([b"x" * 6, b"x" * 5], None, 413),
        ([b"x" * 6, b"x" * 5], "5", 413),
        ([b"x" * 6, b"x" * 4], None, 200),
        ([b""], "many", 200),
    ],
)
@pytest.mark.parametrize("app", [echo, swallowing])
def test_a_body_may_be_as_long_as_the_cap(
    app: "type[Limits]", chunks: list[bytes], declared: str | None, status: int
) -> None:
    sent = answer(Limits(app, max_body=10), chunks, declared)  # type: ignore[arg-type]  # two plain ASGI functions
    assert [status] == [each["status"] for each in sent if each["type"] == "http.response.start"]


def test_every_answer_carries_the_protecting_headers() -> None:
    headers = dict(answer(Limits(echo), [b""])[0]["headers"])
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"unsafe" not in headers[b"content-security-policy"]


def test_pictures_come_from_elsewhere_only_where_that_is_configured() -> None:
    shown = [
        dict(answer(Limits(echo, images_from=origin), [b""])[0]["headers"])[b"content-security-policy"]
        for origin in ("", "https://tiles.example")
    ]
    assert [b"img-src 'self';" in shown[0], b"img-src 'self' https://tiles.example;" in shown[1]] == [
        True,
        True,
    ]

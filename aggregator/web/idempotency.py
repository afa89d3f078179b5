"""`Idempotency-Key` on POST: the same request sent again gives the same answer and does nothing twice.

An endpoint takes `once: Annotated[Once, Depends(idempotency)]` and answers with
`once.answer(who.id, 201, lambda: service.create(…))`. Without the header that is a plain call. With it, the
answer is kept for a day by who asked, the address and the key; the same key with another body is refused
(422), and so is one whose first request is still under way (409). What fails is not kept: it may be tried
again.

Invariant: what is kept is encrypted under the client's own key, of which only a digest is stored, because
answers hold secrets that are shown once.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from aggregator.errors import CallerError, ConflictError

KEPT: Final = timedelta(hours=24)
UNDER_WAY: Final = timedelta(minutes=2)
"""How long a request is taken to be under way when its server has died over it."""
HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_NONCE: Final = 12


class KeyReusedError(CallerError):
    """The key was used for another request."""

    status = 422
    code = "idempotency_key_reused"
    title = "Key used for another request"


class UnderWayError(ConflictError):
    """The first request with this key has not ended."""

    code = "idempotency_under_way"
    title = "Under way"


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What is kept of an answer; `body` None while the request is under way."""

    fingerprint: bytes
    status: int
    body: bytes | None


class Answers(Protocol):
    """Where answers are kept; `slot` is a digest of who asked, the address and the key."""

    def claim(self, slot: bytes, fingerprint: bytes, now: datetime, *, until: datetime) -> KeptAnswer | None:
        """Take the slot, or give what stands in it; what is past its `until` stands there no more."""

    def keep(self, slot: bytes, status: int, body: bytes, *, until: datetime) -> None:
        """Keep the answer of a slot that was taken."""

    def drop(self, slot: bytes) -> None:
        """Give a slot back."""


@dataclass(frozen=True, slots=True)
class Once:
    """One request: its key, or None, and what it says."""

    answers: Answers
    clock: Callable[[], datetime]
    key: str | None
    path: str
    body: bytes

    def answer(self, who: str, status: int, make: Callable[[], BaseModel | None]) -> Response:
        """The answer of `make`, made now or kept from before; `who` is the id of whoever asks."""
        if self.key is None:
            return _response(status, _rendered(make()))
        slot = hashlib.sha256(f"{who}\n{self.path}\n{self.key}".encode()).digest()
        fingerprint = hashlib.sha256(self.body).digest()
        now = self.clock()
        kept = self.answers.claim(slot, fingerprint, now, until=now + UNDER_WAY)
        if kept is not None:
            return self._kept(kept, fingerprint)
        try:
            body = _rendered(make())
        except BaseException:
            self.answers.drop(slot)
            raise
        self.answers.keep(slot, status, _sealed(self.key, body), until=now + KEPT)
        return _response(status, body)

    def _kept(self, kept: KeptAnswer, fingerprint: bytes) -> Response:
        if kept.fingerprint != fingerprint:
            raise KeyReusedError(f"this {HEADER} came with another body before: make a new key")
        if kept.body is None or self.key is None:
            raise UnderWayError(f"the request with this {HEADER} is under way: ask again in a moment")
        return _response(kept.status, _opened(self.key, kept.body), replayed=True)


class Idempotency:
    """Dependency that gives the `Once` of a request."""

    def __init__(self, answers: Answers, clock: Callable[[], datetime]) -> None:
        self._answers = answers
        self._clock = clock

    async def __call__(
        self,
        request: Request,
        key: Annotated[
            str | None,
            Header(
                alias=HEADER,
                min_length=8,
                max_length=128,
                pattern=r"^[\x21-\x7e]+$",
                description="chosen at random by the client; the same again within a day changes nothing",
            ),
        ] = None,
    ) -> Once:
        """The request's key and body."""
        body = b"" if key is None else await request.body()
        query = request.url.query.encode()
        return Once(
            self._answers,
            self._clock,
            key,
            f"{request.method} {request.url.path}",
            query + b"\0" + body,
        )


def _rendered(made: BaseModel | None) -> bytes:
    return b"" if made is None else made.model_dump_json(by_alias=True).encode()


def _response(status: int, body: bytes, *, replayed: bool = False) -> Response:
    headers = {REPLAYED: "true"} if replayed else {}
    return Response(body, status, headers, "application/json" if body else None)


def _sealed(key: str, body: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_cipher_key(key)).encrypt(nonce, body, None)


def _opened(key: str, sealed: bytes) -> bytes:
    return AESGCM(_cipher_key(key)).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)


def _cipher_key(key: str) -> bytes:
    return hashlib.sha256(b"answer\0" + key.encode()).digest()

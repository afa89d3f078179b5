"""Bounds the embedded broker's queue of undelivered messages.

nats-server keeps MQTT's undelivered messages in one stream, unbounded. When that fills the store, *nobody can
connect any more*, not even the aggregator that would drain it, because every connect persists a session
(measured on 2.15.1: CONNECT fails with "unable to persist session … insufficient resources"). So the stream
gets a bound below the store's, and past it drops its oldest: nodes keep their facts until the aggregator's
watermark passes them, and send again. The bound is made before any client comes, or set on the stream that is
there; the server keeps it through restarts.
"""

import socket
from types import TracebackType
from typing import Final, Self

import msgspec

from aggregator.broker.accounts import Account
from aggregator.broker.nats_config import KEEPER_INBOX, LOOPBACK, MESSAGES_STREAM
from aggregator.errors import BrokerError

_TIMEOUT_S: Final = 10.0
_STREAM_NOT_FOUND: Final = 10059
_STREAM_NAME_IN_USE: Final = 10058


class _ApiError(msgspec.Struct, frozen=True):
    err_code: int = 0
    description: str = ""


class _Reply(msgspec.Struct, frozen=True):
    """An answer of the stream API; the configuration is kept as it came, to be sent back with one change."""

    config: dict[str, msgspec.Raw] = {}
    error: _ApiError | None = None


class _StreamConfig(msgspec.Struct, frozen=True):
    """What the server itself would create, and the bound."""

    max_bytes: int
    name: str = MESSAGES_STREAM
    subjects: tuple[str, ...] = ("$MQTT.msgs.>",)
    retention: str = "interest"
    discard: str = "old"
    storage: str = "file"
    num_replicas: int = 1


def bound_queue(port: int, keeper: Account, max_bytes: int) -> None:
    """Make the queue drop its oldest messages past `max_bytes`; ``BrokerError`` when the server refuses."""
    with _StreamApi(port, keeper) as api:
        found = api.request("INFO", b"")
        if found.error is not None and found.error.err_code == _STREAM_NOT_FOUND:
            made = api.request("CREATE", msgspec.json.encode(_StreamConfig(max_bytes)))
            if made.error is None:
                return
            if made.error.err_code != _STREAM_NAME_IN_USE:
                raise _refused(made.error)
            found = api.request("INFO", b"")  # a client came first and the server made it
        if found.error is not None:
            raise _refused(found.error)
        bound = msgspec.Raw(str(max_bytes).encode())
        if bytes(found.config.get("max_bytes", b"")) == bytes(bound):
            return
        changed = {**found.config, "max_bytes": bound, "discard": msgspec.Raw(b'"old"')}
        answer = api.request("UPDATE", msgspec.json.encode(changed))
        if answer.error is not None:
            raise _refused(answer.error)


def _refused(error: _ApiError) -> BrokerError:
    return BrokerError(
        f"the broker cannot bound its message queue: {error.description} ({error.err_code});"
        " if its store is damaged, stop the server and move the broker's jetstream directory away"
    )


class _StreamApi:
    """The few words of NATS's own protocol that three requests need."""

    def __init__(self, port: int, keeper: Account) -> None:
        try:
            self._socket = socket.create_connection((LOOPBACK, port), timeout=_TIMEOUT_S)
        except OSError as error:
            raise BrokerError(f"the broker does not answer on port {port}: {error}; see its log") from error
        self._input = self._socket.makefile("rb")
        options = {"verbose": False, "pedantic": False, "user": keeper.user, "pass": keeper.password}
        self._send(
            b"CONNECT " + msgspec.json.encode(options) + b"\r\nSUB " + KEEPER_INBOX.encode() + b" 1\r\n"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._input.close()
        self._socket.close()

    def request(self, verb: str, payload: bytes) -> _Reply:
        subject = f"$JS.API.STREAM.{verb}.{MESSAGES_STREAM}"
        self._send(f"PUB {subject} {KEEPER_INBOX} {len(payload)}\r\n".encode() + payload + b"\r\n")
        try:
            return msgspec.json.decode(self._next_message(), type=_Reply)
        except (OSError, msgspec.DecodeError, ValueError) as error:
            raise BrokerError(
                f"the broker's stream interface gave no answer: {error}; see its log"
            ) from error

    def _next_message(self) -> bytes:
        while line := self._input.readline():
            word = line.split(b" ", 1)[0].strip()
            if word == b"MSG":
                return self._input.read(int(line.split()[-1]) + 2)
            if word == b"PING":
                self._send(b"PONG\r\n")
            elif word == b"-ERR":
                raise BrokerError(f"the broker refuses its keeper: {line.decode(errors='replace').strip()}")
        raise BrokerError("the broker cut the connection of its keeper; see its log")

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise BrokerError(f"the broker cut the connection of its keeper: {error}; see its log") from error

"""The aggregator's HTTP API, as far as the fleet's tools use it: typed answers, translated errors."""

from pathlib import Path
from typing import Final, TypeVar

import httpx
import msgspec

_TIMEOUT_S: Final = 120.0
_BULK: Final = 200
_PAGE: Final = 500

AnswerT = TypeVar("AnswerT")


class AggregatorUnavailableError(Exception):
    """The aggregator did not answer as expected; the message tells what to look at."""


class Credentials(msgspec.Struct, frozen=True):
    """What an aggregator gives when it registers a node."""

    node: str
    broker_url: str
    user: str
    password: str
    client_id: str


class StreamAudit(msgspec.Struct, frozen=True):
    """What the stores hold of one stream, by counting."""

    node: str
    stream: str
    watermark: int
    events_stored: int
    rows_stored: int
    duplicated: int
    skipped: int
    dead_lettered: int


class _Items(msgspec.Struct, frozen=True):
    items: list[msgspec.Raw]
    next_cursor: str | None = None


class AggregatorApi:
    """A client with an API key."""

    def __init__(self, url: str, api_key: str) -> None:
        """Remember where and with which key; nothing is sent yet."""
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {api_key}"}, timeout=_TIMEOUT_S, trust_env=False
        )

    def register_nodes(self, nodes: list[str]) -> list[Credentials]:
        """Make broker accounts; nodes that have one get a new password."""
        made: list[Credentials] = []
        for start in range(0, len(nodes), _BULK):
            body = {"ids": nodes[start : start + _BULK], "rotate": True}
            answer = self._ask("POST", "/api/v1/nodes", body)
            made.extend(msgspec.json.decode(raw, type=Credentials) for raw in answer.items)
        return made

    def streams(self, node: str | None = None) -> list[StreamAudit]:
        """Count what is stored, stream by stream."""
        query = {"limit": str(_PAGE)} | ({"node": node} if node else {})
        audits: list[StreamAudit] = []
        while True:
            answer = self._ask("GET", "/api/v1/streams", query=query)
            audits.extend(msgspec.json.decode(raw, type=StreamAudit) for raw in answer.items)
            if answer.next_cursor is None:
                return audits
            query["cursor"] = answer.next_cursor

    def tap_credentials(self) -> Credentials:
        """Return the read-only account that may see all that nodes say."""
        return msgspec.json.decode(self._ask("GET", "/api/v1/broker/tap").items[0], type=Credentials)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, object] | None = None,
        *,
        query: dict[str, str] | None = None,
    ) -> _Items:
        try:
            response = self._http.request(method, path, json=body, params=query)
        except httpx.HTTPError as error:
            raise AggregatorUnavailableError(
                f"no answer from {self._http.base_url}: {error}; is `aggregator serve` running?"
            ) from error
        if response.status_code in (401, 403):
            raise AggregatorUnavailableError("the API key was refused: give the one of --api-key-file")
        if response.is_error:
            raise AggregatorUnavailableError(f"{method} {path}: {response.status_code} {response.text[:300]}")
        try:
            return msgspec.json.decode(response.content, type=_Items)
        except msgspec.DecodeError as error:
            raise AggregatorUnavailableError(
                f"{method} {path}: not the answer of this version: {error}"
            ) from error


def read_api_key(path: Path) -> str:
    """Read a key that `aggregator serve` wrote; raises AggregatorUnavailableError when it is not there."""
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise AggregatorUnavailableError(
            f"{path}: {error.strerror}; start `aggregator serve` once"
        ) from error

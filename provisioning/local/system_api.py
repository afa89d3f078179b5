"""What a run on one machine asks of its aggregator, over HTTP."""

from datetime import datetime
from typing import Final

import httpx
import msgspec

from provisioning.errors import PartFailedError
from provisioning.local.outcome import StoredEvent, StreamAudit

_TIMEOUT_S: Final = 30.0
_PAGE: Final = 500


class NodeAccount(msgspec.Struct, frozen=True):
    """A broker account."""

    node: str
    broker_url: str
    user: str
    password: str
    client_id: str


class _Accounts(msgspec.Struct, frozen=True):
    items: list[NodeAccount]


class _Audits(msgspec.Struct, frozen=True):
    items: list[StreamAudit]


class _Event(msgspec.Struct, frozen=True):
    kind: str
    occurred_at: datetime
    received_at: datetime


class _Events(msgspec.Struct, frozen=True):
    items: list[_Event]
    next_cursor: str | None = None


class SystemApi:
    """A client with the administrator's key."""

    def __init__(self, url: str, api_key: str) -> None:
        """Remember where and with which key."""
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {api_key}"}, timeout=_TIMEOUT_S, trust_env=False
        )

    def register(self, nodes: list[str]) -> list[NodeAccount]:
        """Make a broker account for each node."""
        body = self._ask("POST", "/api/v1/nodes", {"ids": nodes, "rotate": True})
        return msgspec.json.decode(body, type=_Accounts).items

    def streams(self) -> list[StreamAudit]:
        """Count what the stores hold."""
        return msgspec.json.decode(self._ask("GET", f"/api/v1/streams?limit={_PAGE}"), type=_Audits).items

    def events(self) -> list[StoredEvent]:
        """Read every event, page by page."""
        found: list[StoredEvent] = []
        cursor: str | None = ""
        while cursor is not None:
            query = f"?limit={_PAGE}" + (f"&cursor={cursor}" if cursor else "")
            page = msgspec.json.decode(self._ask("GET", f"/api/v1/events{query}"), type=_Events)
            found.extend(
                StoredEvent(
                    event.kind, event.occurred_at.timestamp() * 1000, event.received_at.timestamp() * 1000
                )
                for event in page.items
            )
            cursor = page.next_cursor
        return found

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, method: str, path: str, body: dict[str, object] | None = None) -> bytes:
        try:
            response = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise PartFailedError(f"the aggregator does not answer: {error}") from error
        if response.is_error:
            raise PartFailedError(
                f"the aggregator answered {response.status_code} to {method} {path}: {response.text}"
            )
        return response.content

"""The embedded server's monitoring interface: loopback HTTP under a secret path.

The path is secret because the interface has no password and shows client ids, whose suffix is a secret.
"""

import http.client
from http import HTTPStatus
from typing import Final

import msgspec

from aggregator.broker.nats_config import LOOPBACK
from aggregator.errors import BrokerError

_TIMEOUT_S: Final = 5.0


class Connection(msgspec.Struct, frozen=True):
    """One connection as the server lists it."""

    cid: int
    authorized_user: str = ""
    mqtt_client: str = ""


class _Connections(msgspec.Struct, frozen=True):
    connections: tuple[Connection, ...] = ()


class _StreamState(msgspec.Struct, frozen=True):
    messages: int = 0


class _Stream(msgspec.Struct, frozen=True):
    name: str
    state: _StreamState = _StreamState()


class _Account(msgspec.Struct, frozen=True):
    stream_detail: tuple[_Stream, ...] = ()


class _JetStream(msgspec.Struct, frozen=True):
    account_details: tuple[_Account, ...] = ()


class _Variables(msgspec.Struct, frozen=True):
    config_load_time: str


class NatsMonitor:
    """Asks the server about itself."""

    def __init__(self, port: int, secret_path: str) -> None:
        self._port = port
        self._path = secret_path

    def is_healthy(self) -> bool:
        """Tell whether the server serves, its message store included."""
        try:
            self._get("/healthz")
        except BrokerError:
            return False
        return True

    def config_load_time(self) -> str:
        """Return when the server last took its configuration, as its own opaque text."""
        return msgspec.json.decode(self._get("/varz"), type=_Variables).config_load_time

    def user_of(self, connection: int, client_id: str) -> str | None:
        """Return the user of a live or recently closed connection; None when it is not that client any more.

        Connection numbers start again with the server, so the client id must agree.
        """
        listed = msgspec.json.decode(
            self._get(f"/connz?auth=true&state=any&cid={connection}"), type=_Connections
        )
        for each in listed.connections:
            if each.cid == connection and each.mqtt_client == client_id:
                return each.authorized_user or None
        return None

    def messages_in(self, stream: str) -> int:
        """Return how many messages a stream holds; 0 when there is no such stream."""
        answer = msgspec.json.decode(self._get("/jsz?streams=true"), type=_JetStream)
        details = [each for account in answer.account_details for each in account.stream_detail]
        return sum(each.state.messages for each in details if each.name == stream)

    def _get(self, path: str) -> bytes:
        client = http.client.HTTPConnection(LOOPBACK, self._port, timeout=_TIMEOUT_S)
        try:
            client.request("GET", self._path + path)
            response = client.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise BrokerError(
                f"the broker does not answer on its monitoring port: {error}; see its log"
            ) from error
        finally:
            client.close()
        if response.status != HTTPStatus.OK:
            raise BrokerError(f"the broker is not healthy (HTTP {response.status}); see its log")
        return body

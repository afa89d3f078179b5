"""Where and as whom to connect: the `[broker]` section and the password, joined. Pure."""

import hashlib
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from edge_agent.uplink.errors import EndpointError
from fleet.wire.node_config import NodeConfig

_PORT: Final = 1883
_TLS_PORT: Final = 8883
_SUFFIX_HEX_DIGITS: Final = 16
_KEEPALIVE_SHARE: Final = 0.7


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A broker as one node reaches it.

    Attributes:
        ping_s: MQTT keep-alive to ask for. A dead link is noticed after at most twice this time on our side
            and one and a half on the broker's, so it is a share of the configured `keepalive_s`, by one and
            a half of which both must have noticed.
        ca: file of the authority that signs the broker's certificate; empty for the system's.
    """

    host: str
    port: int
    tls: bool
    ca: str
    user: str
    password: str = field(repr=False)
    client_id: str = field(repr=False)
    ping_s: int = 21

    @property
    def label(self) -> str:
        """The broker as it may be logged."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def endpoint_of(config: NodeConfig, password: str) -> Endpoint:
    """Join the configuration and the password.

    Raises:
        EndpointError: the port is none.
    """
    broker = config.broker
    parts = urlsplit(broker.url)
    tls = parts.scheme == "mqtts"
    try:
        port = parts.port
    except ValueError as error:
        raise EndpointError(f"broker.url: {broker.url} has no such port; use 1 to 65535") from error
    user = broker.user or config.node.id
    return Endpoint(
        host=parts.hostname or "",
        port=port or (_TLS_PORT if tls else _PORT),
        tls=tls,
        ca=broker.ca,
        user=user,
        password=password,
        client_id=broker.client_id or derived_client_id(user, password),
        ping_s=max(2, int(broker.keepalive_s * _KEEPALIVE_SHARE)),
    )


def derived_client_id(user: str, password: str) -> str:
    """Client id of a user, with a suffix that only the password's owners know.

    Brokers do not tie sessions to users: another valid client that connects under the same id takes the
    session over. The aggregator draws the same suffix (`aggregator.broker.accounts`).
    """
    digest = hashlib.sha256(f"client id of {user}:{password}".encode()).hexdigest()
    return f"{user}-{digest[:_SUFFIX_HEX_DIGITS]}"

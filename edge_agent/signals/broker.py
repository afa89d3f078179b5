"""The broker on which controllers speak: the `[signals]` section of the node's configuration."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from edge_agent.signals.errors import FeedError
from fleet.wire.node_config import NodeConfig

_PORT: Final = 1883
_TLS_PORT: Final = 8883
NOT_CONFIGURED: Final = (
    "the scene listens to a controller over MQTT and the node's configuration has no [signals]: "
    "write its url, and user and password_file if the broker asks for them"
)


@dataclass(frozen=True, slots=True)
class SignalBroker:
    """Where controllers speak, and as whom to listen.

    Attributes:
        ca: file of the authority that signs the broker's certificate; empty for the system's.
        client_id: drawn anew for each feed, so that no two take each other's connection.
    """

    host: str
    port: int
    tls: bool
    ca: str
    user: str
    password_file: str
    client_id: str

    @property
    def label(self) -> str:
        """The broker as it may be logged."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"

    def read_password(self) -> str:
        """The password, read anew for each connection.

        Raises:
            FeedError: its file cannot be read.
        """
        if not self.password_file:
            return ""
        try:
            return Path(self.password_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise FeedError(
                f"signals.password_file: {self.password_file} cannot be read ({error}): put the password of "
                f"{self.user!r} into it, readable by this user"
            ) from error


def signal_broker(config: NodeConfig, camera: str) -> SignalBroker | None:
    """The controllers' broker for one camera's feed; None without a `[signals]` section."""
    section = config.signals
    if section is None:
        return None
    parts = urlsplit(section.url)
    tls = parts.scheme == "mqtts"
    return SignalBroker(
        host=parts.hostname or "",
        port=parts.port or (_TLS_PORT if tls else _PORT),
        tls=tls,
        ca=section.ca,
        user=section.user,
        password_file=section.password_file,
        client_id=f"{config.node.id}-{camera}-{secrets.token_hex(4)}",
    )

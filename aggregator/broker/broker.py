"""What the rest of the aggregator asks of a broker, whichever it is."""

from collections.abc import Iterable
from typing import Protocol

from aggregator.broker.accounts import NodeCredentials
from aggregator.broker.violations import PermissionViolation


class Broker(Protocol):
    """A broker whose accounts the aggregator keeps."""

    @property
    def url(self) -> str:
        """Where MQTT clients connect, as ``mqtt://host:port``."""
        ...

    @property
    def aggregator_credentials(self) -> NodeCredentials:
        """The aggregator's own account."""
        ...

    @property
    def tap_credentials(self) -> NodeCredentials:
        """The account that reads all traffic and writes nothing."""
        ...

    def start(self) -> None:
        """Make the accounts live; ``BrokerError`` or ``OperatorError`` with the next step if that fails."""
        ...

    def stop(self) -> None:
        """Let go of what `start` took."""
        ...

    def ensure_node(self, node_id: str) -> NodeCredentials:
        """Return the node's credentials, made and live on the broker when this returns."""
        ...

    def ensure_nodes(self, node_ids: Iterable[str]) -> list[NodeCredentials]:
        """Do so for many nodes with one reload."""
        ...

    def revoke_node(self, node_id: str) -> bool:
        """Take the node's account away and cut its session; False when it had none."""
        ...

    def violations(self) -> list[PermissionViolation]:
        """Return what clients tried beyond their rights since the last call, oldest first.

        A denied publish is acknowledged and dropped by the broker, so its log is the only place that tells.
        """
        ...

"""Accounts on the broker and what each may say and hear.

Invariants: a node's user is its node id; the users of the server begin with ``_``, which no node id may, so
that no node can be named into their rights. A node writes one level below its own ``up`` and reads its own
``dn`` and the host's state; nothing else. Passwords are random, 192 bits, never chosen by people. Pure:
random text comes in as arguments.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from fleet.wire import topics

AGGREGATOR_USER: Final = "_aggregator"
TAP_USER: Final = "_tap"
KEEPER_USER: Final = "_keeper"
"""Bounds the embedded broker's queue; no MQTT, and no other broker has it."""

_SUFFIX_HEX_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class NodeCredentials:
    """What a client needs to connect; the password does not show in logs."""

    user: str
    password: str = field(repr=False)
    client_id: str = field(repr=False)


class Account(msgspec.Struct, frozen=True):
    """One user: its password, and the salt (hex) that password files are hashed with."""

    user: str
    password: str
    salt: str

    def __repr__(self) -> str:
        """Name the user alone."""
        return f"Account(user={self.user!r})"

    @property
    def credentials(self) -> NodeCredentials:
        """What the user connects with."""
        return NodeCredentials(self.user, self.password, client_id(self.user, self.password))


class AccountList(msgspec.Struct, frozen=True):
    """Every account of one broker, nodes by id."""

    aggregator: Account
    tap: Account
    keeper: Account
    nodes: Mapping[str, Account] = {}

    def with_nodes(self, accounts: Iterable[Account]) -> "AccountList":
        """Return the list with these nodes added or replaced."""
        return msgspec.structs.replace(self, nodes={**self.nodes, **{each.user: each for each in accounts}})

    def without_node(self, node_id: str) -> "AccountList":
        """Return the list without this node."""
        nodes = {user: account for user, account in self.nodes.items() if user != node_id}
        return msgspec.structs.replace(self, nodes=nodes)

    def in_order(self) -> tuple[Account, ...]:
        """Return the accounts that speak MQTT: the server's own, then nodes by name."""
        return (self.aggregator, self.tap, *(self.nodes[user] for user in sorted(self.nodes)))


@dataclass(frozen=True, slots=True)
class Permissions:
    """MQTT filters that a user may publish to and subscribe to; an empty tuple allows nothing."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def permissions_of(user: str) -> Permissions:
    """Return the rights of a user; ``fleet.wire.errors.TopicError`` when it is neither ours nor a node id."""
    if user == AGGREGATOR_USER:
        return Permissions(publish=(topics.ALL_DOWN, topics.HOST_STATE), subscribe=(topics.ALL_UP,))
    if user == TAP_USER:
        return Permissions(publish=(), subscribe=(topics.EVERYTHING,))
    return Permissions(
        publish=(topics.up_filter(user),), subscribe=(topics.down_filter(user), topics.HOST_STATE)
    )


def client_id(user: str, password: str) -> str:
    """Return the MQTT client id of a user: its name and a suffix drawn from the password.

    Brokers do not tie sessions to users: another valid client that connects under the same id takes over, and
    may wipe, the session. The suffix keeps others from knowing it.
    """
    digest = hashlib.sha256(f"client id of {user}:{password}".encode()).hexdigest()
    return f"{user}-{digest[:_SUFFIX_HEX_DIGITS]}"

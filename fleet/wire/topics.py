"""MQTT topics: the only module that writes a `/`.

Invariants: a node writes only under its own `up` and reads only its own `dn` and the host state;
the site is not in the topic, so that moving a node changes no permission.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fleet.wire.errors import TopicError

NODE_ID_PATTERN: Final = r"^[a-z0-9-]{3,32}$"
_NODE_ID = re.compile(NODE_ID_PATTERN + r"\Z")
_ROOT: Final = "mt/v1"


class UpChannel(StrEnum):
    """What a node says."""

    STATE = "state"
    EVENTS = "ev"
    MEASUREMENTS = "ms"
    CONFIG = "cfg"
    JOB = "job"
    RESPONSE = "rsp"


class DownChannel(StrEnum):
    """What a node is told."""

    CONFIG = "cfg"
    JOB = "job"
    COMMAND = "cmd"
    ACK = "ack"


@dataclass(frozen=True, slots=True)
class UpTopic:
    """A parsed topic under `up`: whose it is (the identity of the facts in it) and which channel."""

    node: str
    channel: UpChannel


HOST_STATE: Final = f"{_ROOT}/host/state"
ALL_UP: Final = f"{_ROOT}/up/#"
"""The aggregator's one subscription."""
ALL_DOWN: Final = f"{_ROOT}/dn/+/+"
"""What the aggregator may write to nodes (a filter of permissions, not of a subscription)."""
EVERYTHING: Final = f"{_ROOT}/#"
"""Live traffic as a whole, for `fleet tap`."""


def is_node_id(text: str) -> bool:
    """Tell whether `text` may name a node."""
    return _NODE_ID.match(text) is not None


def up(node: str, channel: UpChannel) -> str:
    """Topic that `node` publishes on; raises TopicError for a bad id."""
    return f"{_ROOT}/up/{_checked(node)}/{channel}"


def down(node: str, channel: DownChannel) -> str:
    """Topic that `node` is told on; raises TopicError for a bad id."""
    return f"{_ROOT}/dn/{_checked(node)}/{channel}"


def up_filter(node: str) -> str:
    """Filter of everything that one node says, for `fleet tap --node`."""
    return f"{_ROOT}/up/{_checked(node)}/+"


def down_filter(node: str) -> str:
    """The one filter that a node subscribes to with QoS 1 (one consumer a node on the broker)."""
    return f"{_ROOT}/dn/{_checked(node)}/+"


def parse_up(topic: str) -> UpTopic | None:
    """Parse a topic under `up`; None when it is not one of ours."""
    parts = topic.split("/")
    if len(parts) != 5 or topic[: len(_ROOT) + 4] != f"{_ROOT}/up/":  # noqa: PLR2004  five levels
        return None
    channel = _UP_CHANNELS.get(parts[4])
    if channel is None or not is_node_id(parts[3]):
        return None
    return UpTopic(parts[3], channel)


def parse_down(topic: str) -> DownChannel | None:
    """Channel of a topic under `dn`; None when it is not one of ours."""
    parts = topic.split("/")
    if len(parts) != 5 or topic[: len(_ROOT) + 4] != f"{_ROOT}/dn/":  # noqa: PLR2004  five levels
        return None
    return _DOWN_CHANNELS.get(parts[4])


_UP_CHANNELS = {channel.value: channel for channel in UpChannel}
_DOWN_CHANNELS = {channel.value: channel for channel in DownChannel}


def _checked(node: str) -> str:
    if not is_node_id(node):
        raise TopicError(f"{node!r} is no node id: use 3 to 32 of a-z, 0-9 and '-'")
    return node

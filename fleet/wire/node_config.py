"""A node's configuration: one schema for the file, the twin and the editor; unknown keys refused.

Parsing gives typed values and checks what a value can tell by itself; whether a camera answers or
a file exists is the doctor's and the agent's business.
"""

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from fleet.wire.errors import ConfigError
from fleet.wire.topics import NODE_ID_PATTERN

_ID: Final = r"^[a-z0-9][a-z0-9_-]{0,31}\Z"
_SOURCE: Final = re.compile(r"(file:.+|rtsps?://[^/\s]+.*|v4l2:/dev/\S+|picamera2:\d+(\?\S+)?)\Z")
_BROKER_URL: Final = r"^mqtts?://[^/\s@]+(:\d{1,5})?\Z"

Identifier = Annotated[str, msgspec.Meta(pattern=_ID)]


class NodeSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[node]`: who it is, where its data lies; `health_s` is the period of heartbeat and health."""

    id: Annotated[str, msgspec.Meta(pattern=NODE_ID_PATTERN + r"\Z")]
    data_dir: str
    health_s: Annotated[float, msgspec.Meta(ge=1, le=600)] = 30.0


class BrokerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[broker]`: `url` is mqtt://host:port or mqtts://host:port; the password stays in its own file.

    `user` defaults to the node id; `client_id` to the user and a suffix drawn from the password.
    """

    url: Annotated[str, msgspec.Meta(pattern=_BROKER_URL)]
    ca: str = ""
    user: str = ""
    password_file: str = ""
    client_id: str = ""
    keepalive_s: Annotated[int, msgspec.Meta(ge=5, le=600)] = 30
    resend_s: Annotated[float, msgspec.Meta(ge=1, le=600)] = 30.0


class SignalsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[signals]`: the broker on which controllers of traffic signals speak, with an account of its own.

    Never the node's account: many brokers let an account connect once, and the two would cut each other off.
    """

    url: Annotated[str, msgspec.Meta(pattern=_BROKER_URL)]
    ca: str = ""
    user: str = ""
    password_file: str = ""


class CameraSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[cameras]]`: where frames come from, how many a second at most, and the scene file."""

    id: Identifier
    source: str
    scene: str
    fps: Annotated[float, msgspec.Meta(gt=0, le=120)] = 10.0


class SensorSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[sensors]]`: a driver and its own settings under `options`."""

    id: Identifier
    driver: Identifier
    period_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 60.0
    options: dict[str, str | int | float | bool] = {}


class ModelSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[model]`: a name of the catalogue; `variant` and `delegate` (a library's path) are optional."""

    name: str = "ssdlite_mobilenet_v2_coco"
    variant: str = ""
    threads: Annotated[int, msgspec.Meta(ge=1, le=16)] = 2
    tiles: Annotated[int, msgspec.Meta(ge=1, le=4)] = 2
    motion_gate: bool = True
    delegate: str = ""


class OutboxSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[outbox]`: bytes on disk before the lowest priority is dropped, and counted."""

    quota_mb: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 500


class NodeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    node: NodeSection
    broker: BrokerSection
    cameras: Annotated[tuple[CameraSection, ...], msgspec.Meta(max_length=64)] = ()
    sensors: Annotated[tuple[SensorSection, ...], msgspec.Meta(max_length=256)] = ()
    model: ModelSection = ModelSection()
    outbox: OutboxSection = OutboxSection()
    signals: SignalsSection | None = None


def parse_node_config(text: str) -> NodeConfig:
    """Parse the TOML text of a node's configuration.

    Raises:
        ConfigError: names the key and what to write instead.
    """
    try:
        config = msgspec.toml.decode(text, type=NodeConfig)
    except msgspec.ValidationError as error:
        raise ConfigError(f"node configuration: {_plain(str(error))}") from error
    except msgspec.DecodeError as error:
        raise ConfigError(f"node configuration is not TOML: {error}") from error
    _refuse_twins("cameras", [camera.id for camera in config.cameras])
    _refuse_twins("sensors", [sensor.id for sensor in config.sensors])
    shared = {camera.id for camera in config.cameras} & {sensor.id for sensor in config.sensors}
    if shared:
        raise ConfigError(f"{min(shared)!r} names a camera and a sensor: sources need ids of their own")
    _check_signals(config)
    for camera in config.cameras:
        if not _SOURCE.match(camera.source):
            shown = camera.source.rpartition("@")[2]  # never a password
            raise ConfigError(
                f"cameras.{camera.id}.source: {shown!r} is no source; "
                "write file:PATH, rtsp://…, v4l2:/dev/videoN or picamera2:N"
            )
    return config


def _refuse_twins(table: str, ids: list[str]) -> None:
    for number, name in enumerate(ids):
        if name in ids[:number]:
            raise ConfigError(f"{table}: the id {name!r} stands twice; give each its own")


def _check_signals(config: NodeConfig) -> None:
    signals = config.signals
    if signals is None:
        return
    try:
        port = urlsplit(signals.url).port
    except ValueError as error:
        raise ConfigError(f"signals.url: {signals.url} has no such port; use 1 to 65535") from error
    if port == 0:
        raise ConfigError(f"signals.url: {signals.url} has no such port; use 1 to 65535")
    if signals.user and signals.user == (config.broker.user or config.node.id):
        raise ConfigError(
            f"signals.user: {signals.user!r} is the node's own account, which cannot connect twice; "
            "make another one that may read the controllers' topics"
        )


def _plain(message: str) -> str:
    return message.replace("`$.", "`").replace("`$`", "the file")

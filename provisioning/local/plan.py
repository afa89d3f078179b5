"""What runs on one machine: the server's and the nodes' configuration files, as text (pure)."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fleet.wire.node_config import parse_node_config


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """One agent: its clip and scene under provisioning/demo, and the sensors beside the camera."""

    node: str
    camera: str
    clip: str
    scene: str
    fps: float
    sensors: tuple[tuple[str, int], ...] = ()


DEMO_NODES: Final = (
    PlannedNode("cong-truong", "cam-01", "pedestrians.mp4", "pedestrians.toml", 5.0, (("khi-01", 11),)),
    PlannedNode("quang-truong", "cam-02", "pedestrians.mp4", "plaza.toml", 5.0),
    PlannedNode("duong-pho", "cam-03", "street.mp4", "street.toml", 5.0, (("khi-02", 23),)),
)
"""Gate, square and street: three agents on real video, two simulated air sensors."""


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """How a node reaches the broker; the password itself stands in a file of its own."""

    url: str
    user: str
    client_id: str
    password_file: Path


def aggregator_config(data_dir: Path, port: int, influx_url: str = "") -> str:
    """TOML of a server that keeps everything under `data_dir`, with its broker on a free port.

    With `influx_url` its measurements go to that InfluxDB 1.x.
    """
    text = (
        f'[server]\nport = {port}\ndata_dir = {_quoted(data_dir)}\n\n[broker]\nkind = "embedded"\nport = 0\n'
    )
    if influx_url:
        text += (
            f'\n[timeseries]\nkind = "influx"\nflavour = "v1"\nurl = {_quoted(influx_url)}\n'
            'database = "matthan"\n'
        )
    return text


def node_config(node: PlannedNode, *, data_dir: Path, media: Path, account: BrokerAccount) -> str:
    """TOML of one node; it is checked against the schema, so that a mistake shows here."""
    lines = [
        "[node]",
        f"id = {_quoted(node.node)}",
        f"data_dir = {_quoted(data_dir)}",
        "health_s = 10",
        "",
        "[broker]",
        f"url = {_quoted(account.url)}",
        f"user = {_quoted(account.user)}",
        f"client_id = {_quoted(account.client_id)}",
        f"password_file = {_quoted(account.password_file)}",
        "",
        "[model]",
        "threads = 1",
        "",
        "[[cameras]]",
        f"id = {_quoted(node.camera)}",
        f"source = {_quoted(f'file:{media / node.clip}?loop=1')}",
        f"fps = {node.fps:g}",
        f"scene = {_quoted(media / node.scene)}",
    ]
    for sensor, seed in node.sensors:
        lines += [
            "",
            "[[sensors]]",
            f"id = {_quoted(sensor)}",
            'driver = "simulated"',
            "period_s = 5",
            f"options = {{ seed = {seed} }}",
        ]
    text = "\n".join(lines) + "\n"
    parse_node_config(text)
    return text


def _quoted(value: str | Path) -> str:
    return json.dumps(str(value), ensure_ascii=False)

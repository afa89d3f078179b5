"""The plan of a run on one machine: every node's text is a valid configuration."""

import tomllib
from pathlib import Path

import pytest

from fleet.wire.node_config import parse_node_config
from fleet.wire.topics import is_node_id
from provisioning.local.plan import DEMO_NODES, BrokerAccount, PlannedNode, aggregator_config, node_config

ACCOUNT = BrokerAccount("mqtt://127.0.0.1:1884", "cong-truong", "cong-truong-abc", Path("/d/secret"))


@pytest.mark.parametrize("node", DEMO_NODES, ids=[node.node for node in DEMO_NODES])
def test_a_planned_node_is_a_valid_configuration(node: PlannedNode) -> None:
    config = parse_node_config(node_config(node, data_dir=Path("/d"), media=Path("/m"), account=ACCOUNT))
    assert (node.node, f"file:/m/{node.clip}?loop=1", len(node.sensors)) == (
        config.node.id,
        config.cameras[0].source,
        len(config.sensors),
    )


def test_the_demo_has_three_agents_on_both_clips_and_two_sensors() -> None:
    assert (3, {"pedestrians.mp4", "street.mp4"}, 2) == (
        len(DEMO_NODES),
        {node.clip for node in DEMO_NODES},
        sum(len(node.sensors) for node in DEMO_NODES),
    )
    assert all(is_node_id(node.node) for node in DEMO_NODES)


def test_a_path_with_quotes_and_vietnamese_letters_survives() -> None:
    folder = Path('/nhà "máy"/dữ liệu')
    parsed = tomllib.loads(aggregator_config(folder, 8080))
    assert (str(folder), 8080) == (parsed["server"]["data_dir"], parsed["server"]["port"])


def test_a_server_with_influxdb_writes_its_measurements_there() -> None:
    embedded = tomllib.loads(aggregator_config(Path("/d"), 8080))
    assert "timeseries" not in embedded
    assert tomllib.loads(aggregator_config(Path("/d"), 8080, "http://127.0.0.1:9")) == embedded | {
        "timeseries": {
            "kind": "influx",
            "flavour": "v1",
            "url": "http://127.0.0.1:9",
            "database": "matthan",
        }
    }

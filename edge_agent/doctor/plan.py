"""Which checks there are for a configuration, and how long each may take."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from edge_agent.control.clock_sync import read_kernel_clock
from edge_agent.control.health import HealthPaths, read_node
from edge_agent.doctor import board, broker, camera, configuration, disk, model, network, sensor
from edge_agent.doctor.finding import Finding
from edge_agent.doctor.runner import PlannedCheck
from fleet.wire.node_config import NodeConfig

_QUICK_S = 5.0
_NETWORK_S = 10.0
_BROKER_S = 15.0
_DISK_S = 20.0
_MODEL_S = 40.0
_CAMERA_S = 30.0
_SENSOR_S = 10.0


def planned_checks(found: configuration.Configured) -> list[PlannedCheck]:
    """Every check; those that need a configuration say so when there is none."""
    about_board = _about_board(HealthPaths(data_dir=Path("/")))
    checks = [PlannedCheck("CONFIG", lambda: found.finding, _QUICK_S), *about_board]
    if found.config is None:
        return checks + [
            PlannedCheck(code, partial(Finding, code, "no_config"), _QUICK_S)
            for code in (
                "DNS",
                "ROUTE",
                "BROKER",
                "DISK-SPACE",
                "DISK-WRITE",
                "MODEL",
                "CAMERA",
                "SENSOR",
                "SCENE",
            )
        ]
    return checks + _about_config(found.config)


def _about_board(paths: HealthPaths) -> list[PlannedCheck]:
    quick: dict[str, Callable[[], Finding]] = {
        "POWER": lambda: board.power(read_node(paths).throttled),
        "TEMPERATURE": lambda: board.temperature(read_node(paths).cpu_temp_c),
        "CLOCK": lambda: board.clock(read_kernel_clock(), datetime.now(tz=UTC)),
    }
    return [PlannedCheck(code, run, _QUICK_S) for code, run in quick.items()]


def _about_config(config: NodeConfig) -> list[PlannedCheck]:
    host = urlsplit(config.broker.url).hostname or ""
    data_dir = Path(config.node.data_dir)
    total_fps = sum(section.fps for section in config.cameras)
    checks = [
        PlannedCheck("DNS", partial(network.dns, host), _NETWORK_S),
        PlannedCheck("ROUTE", partial(network.route, host, 1), _NETWORK_S),
        PlannedCheck("BROKER", partial(broker.broker, config), _BROKER_S),
        PlannedCheck("DISK-SPACE", partial(disk.disk_space, data_dir, config.outbox.quota_mb), _QUICK_S),
        PlannedCheck("DISK-WRITE", partial(disk.disk_write, data_dir), _DISK_S),
        PlannedCheck("MODEL", partial(model.model, config.model, total_fps), _MODEL_S),
    ]
    for section in config.cameras:
        checks += [
            PlannedCheck("SCENE", partial(configuration.check_scene, section), _QUICK_S, section.id),
            PlannedCheck("CAMERA", partial(camera.check_camera, section), _CAMERA_S, section.id),
        ]
    checks += [
        PlannedCheck("SENSOR", partial(sensor.check_sensor, section), _SENSOR_S, section.id)
        for section in config.sensors
    ]
    return checks

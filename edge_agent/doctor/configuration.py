"""Whether the configuration and the scenes can be used."""

from dataclasses import dataclass
from pathlib import Path

from edge_agent.doctor.finding import Finding
from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import read_scene
from fleet.wire.errors import ConfigError
from fleet.wire.node_config import CameraSection, NodeConfig, parse_node_config


@dataclass(frozen=True, slots=True)
class Configured:
    """The finding about the file, and what it says where it can be used."""

    finding: Finding
    config: NodeConfig | None


def configuration(path: Path | None) -> Configured:
    """Read the node's configuration; None when none was given."""
    if path is None:
        return Configured(Finding("CONFIG", "none"), None)
    values = {"path": str(path)}
    try:
        config = parse_node_config(path.read_text("utf-8"))
    except FileNotFoundError:
        return Configured(Finding("CONFIG", "missing", values=values), None)
    except (OSError, UnicodeDecodeError) as error:
        return Configured(Finding("CONFIG", "unreadable", values=values | {"detail": str(error)}), None)
    except ConfigError as error:
        return Configured(Finding("CONFIG", "invalid", values=values | {"detail": str(error)}), None)
    if not config.cameras and not config.sensors:
        return Configured(Finding("CONFIG", "idle", values=values), config)
    counts = {"cameras": str(len(config.cameras)), "sensors": str(len(config.sensors))}
    return Configured(Finding("CONFIG", "ok", values=values | counts), config)


def check_scene(section: CameraSection) -> Finding:
    """Read the scene of a camera."""
    try:
        scene = read_scene(Path(section.scene))
    except SceneError as error:
        return Finding("SCENE", "invalid", section.id, {"path": section.scene, "detail": str(error)})
    values = {"path": section.scene, "rules": str(len(scene.rules))}
    return Finding("SCENE", "ok" if scene.rules else "no_rules", section.id, values)

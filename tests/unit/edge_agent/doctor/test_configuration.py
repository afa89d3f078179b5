from pathlib import Path

import pytest

from edge_agent.doctor.configuration import check_scene, configuration
from fleet.wire.node_config import CameraSection

HEAD = '[node]\nid = "gate"\ndata_dir = "/var/lib/matthan"\n[broker]\nurl = "mqtt://127.0.0.1"\n'
WITH_A_RULE = """
[[lines]]
id = "l"
from = [0.1, 0.1]
to = [0.9, 0.9]
[[rules]]
id = "r"
kind = "line_count"
line = "l"
"""
CAMERA = '[[cameras]]\nid = "c"\nsource = "file:x"\nscene = "s"\n'


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (HEAD + CAMERA, "ok"),
        (HEAD, "idle"),
        (HEAD + "colour = 1\n", "invalid"),
        ("[node", "invalid"),
        ("", "invalid"),
        (b"\xff\xfe", "unreadable"),
    ],
)
def test_configuration_is_judged(tmp_path: Path, text: str | bytes, outcome: str) -> None:
    path = tmp_path / "node.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert configuration(path).finding.outcome == outcome


def test_configuration_is_kept_only_when_it_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(HEAD + CAMERA)
    config = configuration(path).config
    assert config is not None
    assert config.node.id == "gate"
    path.write_text("[node")
    assert configuration(path).config is None


def test_missing_configuration_is_told(tmp_path: Path) -> None:
    assert configuration(tmp_path / "gone.toml").finding.outcome == "missing"
    assert configuration(tmp_path).finding.outcome == "unreadable"
    assert configuration(None).finding.outcome == "none"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (
            WITH_A_RULE,
            "ok",
        ),
        ("", "no_rules"),
        ('[[zones]]\nid = "z"\npolygon = [[0.1,0.1],[0.9,0.9],[0.9,0.1],[0.1,0.9]]\n', "invalid"),
        ("[[zones", "invalid"),
    ],
)
def test_scene_is_judged(tmp_path: Path, text: str, outcome: str) -> None:
    path = tmp_path / "scene.toml"
    path.write_text(text)
    finding = check_scene(CameraSection(id="c", source="file:x", scene=str(path)))
    assert (finding.outcome, finding.subject) == (outcome, "c")


def test_missing_scene_is_told(tmp_path: Path) -> None:
    section = CameraSection(id="c", source="file:x", scene=str(tmp_path / "gone.toml"))
    assert check_scene(section).outcome == "invalid"

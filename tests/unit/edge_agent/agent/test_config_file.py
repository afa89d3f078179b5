"""A torn file is replaced by its last good copy; a wrong one is refused."""

from pathlib import Path

import pytest

from edge_agent.agent.config_file import COPY_NAME, beside, keep_copy, load
from fleet.wire.errors import ConfigError

GOOD = """
[node]
id = "cam-7"
data_dir = "{data}"
[broker]
url = "mqtt://127.0.0.1"
[[sensors]]
id = "air"
driver = "simulated"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    path = tmp_path / "node.toml"
    path.write_text(GOOD.format(data=tmp_path / "data"))
    return path


def test_a_good_file_is_used_and_copied_twice(path: Path, tmp_path: Path) -> None:
    loaded = load(path, {})
    keep_copy(loaded, path)
    assert (loaded.config.node.id, loaded.problem) == ("cam-7", "")
    assert beside(path).read_text() == (tmp_path / "data" / COPY_NAME).read_text() == path.read_text()
    assert beside(path).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("torn", ["", "\0" * 300, '[node]\nid = "cam', '[node]\nid = "cam-7"\n', None])
@pytest.mark.parametrize("where", ["beside", "state"])
def test_a_torn_file_is_replaced_by_its_copy_loudly(
    path: Path, tmp_path: Path, torn: str | None, where: str
) -> None:
    keep_copy(load(path, {}), path)
    environment = {}
    if where == "state":
        beside(path).unlink()
        environment["STATE_DIRECTORY"] = str(tmp_path / "data")
    if torn is None:
        path.unlink()
    else:
        path.write_text(torn)
    loaded = load(path, environment)
    assert loaded.config.node.id == "cam-7"
    assert str(path) in loaded.problem
    assert "last good copy is in force; write it again" in loaded.problem


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("url =", "urls ="), "urls"),
        (("cam-7", "CAM 7"), "node.id"),
        (("[[sensors]]", "[[cameras]]"), "driver"),
    ],
)
def test_a_whole_file_that_is_wrong_is_refused_though_there_is_a_copy(
    path: Path, change: tuple[str, str], named: str
) -> None:
    keep_copy(load(path, {}), path)
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(ConfigError, match=named):
        load(path, {})


def test_a_torn_file_without_a_copy_is_refused_with_the_next_step(path: Path) -> None:
    path.write_text("")
    with pytest.raises(ConfigError, match="write it again"):
        load(path, {})


def test_a_torn_copy_is_passed_over(path: Path, tmp_path: Path) -> None:
    keep_copy(load(path, {}), path)
    path.write_text("")
    beside(path).write_text("")
    assert load(path, {"STATE_DIRECTORY": str(tmp_path / "data")}).config.node.id == "cam-7"

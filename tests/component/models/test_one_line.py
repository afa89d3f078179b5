"""One line of a node's configuration chooses any model of the catalogue."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from edge_agent.doctor.model import model
from fleet.wire.node_config import ModelSection

CATALOGUE = Path(__file__).resolve().parents[3] / "models" / "catalog.toml"


@pytest.mark.parametrize("name", tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["models"])
def test_a_node_runs_the_model_that_one_line_names(name: str) -> None:
    section = msgspec.convert(tomllib.loads(f'name = "{name}"'), ModelSection)
    finding = model(section, total_fps=0.1)
    assert (finding.outcome, finding.values["model"].partition("/")[0]) == ("ok", name)

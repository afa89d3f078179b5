from argparse import ArgumentParser
from pathlib import Path

import pytest

from edge_agent.scene_tools.command import TOOLS, add_arguments, run


def scene(*arguments: str) -> int:
    parser = ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(arguments))


def test_a_fault_is_one_line_with_the_tools_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scene("check", str(tmp_path / "none.toml")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("edge-agent scene check: ")


def test_a_tool_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        scene()
    assert "TOOL" in capsys.readouterr().err


@pytest.mark.parametrize("tool", list(TOOLS))
def test_each_tool_explains_itself(tool: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        scene(tool, "--help")
    assert (ended.value.code, "usage" in capsys.readouterr().out) == (0, True)

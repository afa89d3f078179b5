"""Parts: real child processes, their first line, their end, and what they complain of."""

import sys
from pathlib import Path

import pytest

from provisioning.errors import PartFailedError
from provisioning.local.process import Part


def python(code: str, log: Path) -> Part:
    """Start a Python child."""
    return Part("child", [sys.executable, "-c", code], log)


def test_the_first_line_and_the_last_come_through(tmp_path: Path) -> None:
    part = python("print('ready', flush=True); print('done')", tmp_path / "log")
    assert part.first_line(20) == "ready\n"
    assert part.wait(20) == ["ready\n", "done\n"]
    assert part.ended() == 0


def test_a_part_that_fails_says_why(tmp_path: Path) -> None:
    part = python("import sys; sys.exit('no camera')", tmp_path / "log")
    with pytest.raises(PartFailedError, match="no camera"):
        part.first_line(20)
    assert part.wait(20) == []


def test_a_part_stops_when_asked(tmp_path: Path) -> None:
    part = python("import time; print('up', flush=True); time.sleep(60)", tmp_path / "log")
    part.first_line(20)
    part.ask_to_stop()
    assert part.wait(20) == ["up\n"]
    assert part.ended() == -15

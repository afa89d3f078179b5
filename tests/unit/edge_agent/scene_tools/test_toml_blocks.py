from pathlib import Path

import pytest

from edge_agent.scene_tools.toml_blocks import blocks_of

DATA = Path(__file__).resolve().parents[3] / "data" / "scenes"
DEMO = Path(__file__).resolve().parents[4] / "provisioning" / "demo"
AWKWARD = """# head

# of the gate
[[lines]]
id = "a # no comment"
from = [  # start
  0.1, 0.2,
]
"to" = [1, 1]
# after

[[signals]]
id = '''[[lines]]
'''
[signals.lamps] # lamps
red = [0, 0, 1, 1]
"""


@pytest.mark.parametrize("path", [*DATA.glob("*.toml"), *DEMO.glob("*.toml")], ids=lambda path: path.name)
def test_the_blocks_of_a_file_are_the_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "".join(block.text for block in blocks_of(text)) == text


def test_awkward_text_is_cut_where_its_entries_are() -> None:
    blocks = blocks_of(AWKWARD)
    assert "".join(block.text for block in blocks) == AWKWARD
    assert [block.table for block in blocks] == ["", "lines", "signals"]
    assert blocks[1].parts[1].text == "# of the gate\n"
    assert [part.key for part in blocks[2].parts if part.key] == ["id", "red"]

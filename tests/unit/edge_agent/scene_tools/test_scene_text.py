import copy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_agent.scene_tools.scene_text import Tree, rewrite_scene

EVERY_RULE = (Path(__file__).resolve().parents[3] / "data" / "scenes" / "every_rule.toml").read_text("utf-8")
HAND = """# Ngã tư số 7, drawn by hand

# the north gate
[[lines]]
id = "gate"  # where people come in
from = [0.5, 0.1]
to = [
  0.5,  # the lamp post
  0.9,
]

[[zones]]
id = "plaza"
# measured on site
area_m2 = 120
polygon = [[0.1, 0.2], [0.9, 0.2], [0.9, 0.9]]

[[privacy]] # the neighbour's window
polygon = [[0, 0], [0.1, 0], [0.1, 0.1]]

# last words
"""


def changed(text: str, edit: Callable[[Tree], Any]) -> tuple[str, bool]:
    tree = copy.deepcopy(tomllib.loads(text))
    edit(tree)
    found = rewrite_scene(text, tree)
    assert {key: value for key, value in tomllib.loads(found.text).items() if value} == {
        key: value for key, value in tree.items() if value
    }
    return found.text, found.kept_comments


@pytest.mark.parametrize("text", [HAND, EVERY_RULE, "", "utc_offset_h = 8\n"])
def test_what_has_not_changed_is_not_touched(text: str) -> None:
    assert changed(text, lambda tree: tree) == (text, True)


def test_one_value_changes_one_line() -> None:
    text, kept = changed(HAND, lambda tree: tree["lines"][0].update({"from": [0.25, 0.1]}))
    assert (text, kept) == (HAND.replace("from = [0.5, 0.1]", "from = [0.25, 0.1]"), True)


@pytest.mark.parametrize(
    "edit",
    [
        lambda tree: tree["lines"][0].update({"to": [0.5, 0.8]}),
        lambda tree: tree["lines"][0].update({"id": "cổng"}),
        lambda tree: tree["zones"][0].pop("area_m2"),
        lambda tree: tree["zones"].append({"id": "new", "polygon": [[0, 0], [1, 0], [1, 1]]}),
        lambda tree: tree.update({"rules": [{"id": "c", "kind": "line_count", "line": "gate"}]}),
        lambda tree: tree.update({"homography": {"points": [[0.1, 0.2, 3.0, 4.0]] * 6}}),
        lambda tree: tree.update({"utc_offset_h": 8}),
        lambda tree: tree["privacy"][0].update({"polygon": [[0, 0], [0.2, 0], [0.2, 0.1]]}),
        lambda tree: tree["privacy"].append({"polygon": [[0.5, 0], [0.7, 0], [0.7, 0.1]]}),
    ],
)
def test_comments_stay_whatever_is_changed(edit: Callable[[Tree], Any]) -> None:
    text, kept = changed(HAND, edit)
    words = ("by hand", "north gate", "come in", "lamp post", "on site", "neighbour's window", "last words")
    assert (kept, [word for word in words if word not in text]) == (True, [])


def test_a_removed_entry_goes_with_its_own_comments_alone() -> None:
    text, kept = changed(HAND, lambda tree: tree.pop("lines"))
    assert kept
    assert "north gate" not in text
    assert "by hand" in text
    assert "on site" in text


def test_lamps_in_a_table_of_their_own_are_written_anew_and_comments_stay() -> None:
    text = (
        '[[signals]]\nid = "s"\nbox = [0, 0, 1, 1] # the pole\n[signals.lamps] # lamps\nred = [0, 0, 1, 1]\n'
    )
    new, kept = changed(text, lambda tree: tree["signals"][0]["lamps"].update({"green": [0, 0, 0.5, 0.5]}))
    assert kept
    assert "# the pole" in new
    assert "# lamps" in new


def test_what_stands_in_one_line_becomes_entries() -> None:
    text = 'lines = [{ id = "a", from = [0, 0], to = [1, 1] }]\n'
    new, _ = changed(text, lambda tree: tree["lines"].append({"id": "b", "from": [0, 1], "to": [1, 0]}))
    assert new.count("[[lines]]") == 2


def test_line_ends_stay_as_they_are() -> None:
    text, _ = changed(HAND.replace("\n", "\r\n"), lambda tree: tree.pop("zones"))
    assert text.count("\r\n") == text.count("\n") > 0


def test_text_that_is_no_toml_is_refused() -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        rewrite_scene("[", {})

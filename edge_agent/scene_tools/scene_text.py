"""A scene file's text with other values: a person's comments, order and spelling stay. Pure.

Entries are found again by their id; privacy areas, which have none, by what they say. What cannot be changed
in place, because of the way in which it is written, is written anew, and `Rewritten` says so.
"""

import tomllib
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.scene_tools.toml_blocks import Block, blocks_of, new_block, rewritten

Tree = dict[str, Any]
ARRAYS: Final = ("lines", "zones", "lanes", "signals", "privacy", "rules")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new text.

    Attributes:
        text: what to write.
        kept_comments: whether every comment outside removed entries is still there.
    """

    text: str
    kept_comments: bool


def rewrite_scene(text: str, wanted: Tree) -> Rewritten:
    """The text of a scene file changed so that it says `wanted`.

    Args:
        text: TOML, or empty.
        wanted: the whole scene as TOML's own values.

    Raises:
        tomllib.TOMLDecodeError: the text is no TOML.
    """
    line_end = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    if plain and not plain.endswith("\n"):
        plain += "\n"
    current = tomllib.loads(plain)
    if _same(current, wanted):
        return Rewritten(text, kept_comments=True)
    changed = "".join(block.text for block in _changed(blocks_of(plain), current, wanted)).lstrip("\n")
    kept = _says(changed, wanted)
    if not kept:
        changed = "".join(block.text for block in _written(wanted)).lstrip("\n")
    return Rewritten(changed.replace("\n", line_end), kept_comments=kept or "#" not in text)


def _changed(blocks: list[Block], current: Tree, wanted: Tree) -> list[Block]:
    tables = {block.table for block in blocks[1:]}
    loose = {key: value for key, value in current.items() if key not in tables}
    stays = {key: value for key, value in wanted.items() if key not in tables and not _is_table(key)}
    kept = {key: loose[key] for key in loose if _is_table(key) and loose[key] == wanted.get(key)}
    blocks[0] = rewritten(blocks[0], loose, {**stays, **kept})
    for key in {**current, **wanted}:
        if key in kept or not (_is_table(key) or key in tables):
            continue
        places = [index for index, block in enumerate(blocks) if block.table == key]
        if isinstance(wanted.get(key, current.get(key)), list):
            old = current[key] if places else []
            blocks = _array_changed(blocks, places, key, old, wanted.get(key, []))
        else:
            blocks = _table_changed(blocks, places, key, current.get(key), wanted.get(key))
    return blocks


def _is_table(key: str) -> bool:
    return key in ARRAYS or key == "homography"


def _table_changed(
    blocks: list[Block], places: list[int], key: str, old: Tree | None, new: Tree | None
) -> list[Block]:
    if new is None:
        return [block for block in blocks if block.table != key]
    if not places or old is None:
        return [*blocks, new_block(key, new, is_array=False)]
    return [rewritten(block, old, new) if index == places[0] else block for index, block in enumerate(blocks)]


def _array_changed(
    blocks: list[Block], places: list[int], key: str, old: list[Tree], new: list[Tree]
) -> list[Block]:
    pairs = _pairs(old, new)
    replaced: dict[int, Block | None] = {}
    for index, place in enumerate(places[: len(old)]):
        partner = pairs.get(index)
        replaced[place] = None if partner is None else rewritten(blocks[place], old[index], new[partner])
    added = [
        new_block(key, entry, is_array=True) for index, entry in enumerate(new) if index not in pairs.values()
    ]
    last = places[-1] if places else len(blocks) - 1
    head = [replaced.get(index, block) for index, block in enumerate(blocks[: last + 1])]
    return [*(block for block in head if block is not None), *added, *blocks[last + 1 :]]


def _pairs(old: list[Tree], new: list[Tree]) -> dict[int, int]:
    """Which old entry each new one is: the same, then of the same id, then alike in all but the id."""
    pairs: dict[int, int] = {}
    ways = (
        lambda one, other: one == other,
        lambda one, other: "id" in one and one["id"] == other.get("id"),
        lambda one, other: "id" in one and {**one, "id": ""} == {**other, "id": ""},
    )
    for alike in ways:
        for index, entry in enumerate(old):
            if index in pairs:
                continue
            free = (at for at, other in enumerate(new) if at not in pairs.values() and alike(entry, other))
            if (found := next(free, None)) is not None:
                pairs[index] = found
    left_old = [index for index in range(len(old)) if index not in pairs and "id" not in old[index]]
    left_new = [index for index in range(len(new)) if index not in pairs.values()]
    if len(old) == len(new):
        pairs |= {index: index for index in left_old if index in left_new}
    return pairs


def _written(tree: Tree) -> list[Block]:
    """The whole scene written anew."""
    loose = {key: value for key, value in tree.items() if not _is_table(key)}
    blocks = [rewritten(Block(""), {}, loose)]
    for key in (*ARRAYS, "homography"):
        if isinstance(tree.get(key), list):
            blocks += [new_block(key, entry, is_array=True) for entry in tree[key]]
        elif key in tree:
            blocks.append(new_block(key, tree[key], is_array=False))
    return blocks


def _says(text: str, wanted: Tree) -> bool:
    try:
        return _same(tomllib.loads(text), wanted)
    except tomllib.TOMLDecodeError:
        return False


def _same(one: Tree, other: Tree) -> bool:
    """Equal but for the order of entries, and for tables without any."""
    return _sorted(one) == _sorted(other)


def _sorted(tree: Tree) -> Tree:
    return {
        key: sorted(value, key=_order) if key in ARRAYS and isinstance(value, list) else value
        for key, value in tree.items()
        if not (key in ARRAYS and value == [])
    }


def _order(entry: object) -> str:
    if isinstance(entry, dict):
        return f"{entry.get('id', '')} {_floats(entry.get('polygon'))}"
    return str(entry)


def _floats(value: object) -> str:
    return (
        str([_floats(item) for item in value])
        if isinstance(value, list)
        else str(value and float(str(value)))
    )

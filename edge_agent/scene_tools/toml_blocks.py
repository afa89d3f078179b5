"""A scene file cut into the pieces that a person wrote: blocks under their headers, lines, comments. Pure.

Invariant: the texts of all parts, in order, are the file, byte for byte. It relies on the text being TOML
that `tomllib` has taken: nothing here checks what a parser checks.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from edge_agent.scene_tools.toml_value import toml_line

_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")


@dataclass(frozen=True, slots=True)
class Part:
    """A blank line, a comment, a header, or a key with its whole value.

    Attributes:
        text: as it stands in the file, line ends included.
        key: first name of the key; empty for anything else.
        is_dotted: the key has several names, or the part is the header of a table inside an entry.
    """

    text: str
    key: str = ""
    is_dotted: bool = False

    @property
    def is_blank(self) -> bool:
        """Nothing but space."""
        return not self.text.strip()

    @property
    def is_comment(self) -> bool:
        """A comment on a line of its own."""
        return self.text.lstrip().startswith("#")


@dataclass(frozen=True, slots=True)
class Block:
    """One entry of a table, or one table, with the comments right above it.

    Attributes:
        table: first name of the header; empty for what stands before the first header.
        parts: lead comments, header, keys.
    """

    table: str
    parts: tuple[Part, ...] = field(default=())

    @property
    def text(self) -> str:
        """As it stands in the file."""
        return "".join(part.text for part in self.parts)


def blocks_of(text: str) -> list[Block]:
    """The blocks of a TOML text, the first without a header; lines must end in a line feed."""
    blocks = [Block("")]
    for part, table in _parts(text):
        if not table:
            blocks[-1] = replace(blocks[-1], parts=(*blocks[-1].parts, part))
            continue
        kept, lead = _cut_lead(blocks[-1].parts)
        blocks[-1] = replace(blocks[-1], parts=kept)
        blocks.append(Block(table, (*lead, part)))
    return blocks


def rewritten(block: Block, old: dict[str, Any], new: dict[str, Any]) -> Block:
    """The block with other values: what has not changed stays as it was written, comments stay."""
    changed = [key for key in {**old, **new} if key not in old or key not in new or old[key] != new[key]]
    simple = {part.key for part in block.parts if part.key and not part.is_dotted}
    if any(key in old and key not in simple for key in changed):
        return _anew(block, new)
    parts: list[Part] = []
    for part in block.parts:
        if part.key not in changed or not part.key:
            parts.append(part)
        elif part.key in new:
            parts += _with_value(part, new[part.key])
        else:
            parts += _comments_in(part)
    added = [Part(toml_line(key, new[key]), key) for key in new if key not in old]
    at = _end_of_keys(parts)
    if added and at and not (parts[at - 1].key or _is_header(parts[at - 1])):
        added.insert(0, Part("\n"))
    return replace(block, parts=(*parts[:at], *added, *parts[at:]))


def new_block(table: str, entry: dict[str, Any], *, is_array: bool) -> Block:
    """A block for an entry that the file does not have yet, a blank line before it."""
    header = f"[[{table}]]\n" if is_array else f"[{table}]\n"
    lines = [Part(toml_line(key, value), key) for key, value in entry.items()]
    return Block(table, (Part("\n"), Part(header), *lines))


def _parts(text: str) -> Iterator[tuple[Part, str]]:
    """Each part, and the table that it opens."""
    lines = text.splitlines(keepends=True)
    index = 0
    while index < len(lines):
        line = lines[index]
        if not line.strip() or line.lstrip().startswith("#"):
            yield Part(line), ""
        elif header := _HEADER.match(line):
            names = list(_names(header[2]))
            inner = len(names) > 1
            yield Part(line, is_dotted=inner), "" if inner else names[0]
        else:
            taken = _key_lines(lines, index)
            written = "".join(lines[index : index + taken])
            tree = tomllib.loads(written)
            (key, value), dotted = next(iter(tree.items())), "." in written.split("=")[0]
            yield Part(written, key, dotted and isinstance(value, dict)), ""
            index += taken - 1
        index += 1


def _key_lines(lines: list[str], index: int) -> int:
    """How many lines a key with its value takes."""
    for taken in range(1, len(lines) - index + 1):
        if _parses("".join(lines[index : index + taken])):
            return taken
    return len(lines) - index


def _parses(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _names(dotted: str) -> Iterator[str]:
    """`signals.lamps` → signals, lamps."""
    tree: Any = tomllib.loads(f"{dotted} = 0")
    while isinstance(tree, dict):
        name, tree = next(iter(tree.items()))
        yield name


def _cut_lead(parts: tuple[Part, ...]) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Comments that stand right above a header go with it, and the blank lines above them."""
    cut = len(parts)
    while cut and parts[cut - 1].is_comment:
        cut -= 1
    while cut and parts[cut - 1].is_blank:
        cut -= 1
    if cut == 0 and any(part.is_comment for part in parts):
        return parts, ()  # the head of the file speaks of the file
    return parts[:cut], parts[cut:]


def _end_of_keys(parts: list[Part]) -> int:
    """Where a new key goes: after the last one; in a file's head after the comments."""
    inner = [index for index, part in enumerate(parts) if part.is_dotted and _is_header(part)]
    keys = [index + 1 for index, part in enumerate(parts) if part.key or _is_header(part)]
    written = [index + 1 for index, part in enumerate(parts) if not part.is_blank]
    return min([(keys or written or [0])[-1], *inner])


def _is_header(part: Part) -> bool:
    return not part.key and not part.is_blank and not part.is_comment


def _with_value(part: Part, value: object) -> list[Part]:
    comments = _comments_in(part)
    line = toml_line(part.key, value)
    if len(comments) == 1 and "\n" not in line[:-1]:
        return [Part(f"{line[:-1]}  {comments[0].text}", part.key)]
    return [*comments, Part(line, part.key)]


def _comments_in(part: Part) -> list[Part]:
    """The comments at the ends of the lines of a value, or of a header."""
    if _is_header(part):
        header = _HEADER.match(part.text)
        return [Part(header[3] + "\n")] if header and header[3] else []
    found = []
    for line in part.text.splitlines():
        for at, letter in enumerate(line):
            if letter == "#" and _same_without(part, line, at):
                found.append(Part(line[at:].rstrip() + "\n"))
                break
    return found


def _same_without(part: Part, line: str, at: int) -> bool:
    """Whether the value is the same without the rest of the line."""
    short = part.text.replace(line, line[:at], 1)
    return _parses(short) and tomllib.loads(short) == tomllib.loads(part.text)


def _anew(block: Block, new: dict[str, Any]) -> Block:
    """The block written from its values, its comments first."""
    header = next(part for part in block.parts if _is_header(part))
    at = block.parts.index(header)
    rest = block.parts[at + 1 :]
    comments = [each for part in rest for each in ([part] if part.is_comment else _comments_in(part))]
    lines = [Part(toml_line(key, value), key) for key, value in new.items()]
    return replace(block, parts=(*block.parts[:at], header, *comments, *lines))

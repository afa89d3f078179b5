"""Text → `Scene`, once, at the boundary; every refusal says where and what to do."""

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast, get_args

import msgspec

from edge_agent.scene.checks import find_problem, problems
from edge_agent.scene.errors import SceneError
from edge_agent.scene.rule_specs import RuleSpec
from edge_agent.scene.scene import (
    AnyRule,
    Detection,
    Homography,
    Lane,
    Line,
    PrivacyMask,
    Reference,
    Scene,
    Signal,
    Zone,
)
from edge_agent.scene.schedule import TimeWindow

_KINDS: Final[dict[str, type[RuleSpec]]] = {
    str(spec.__struct_config__.tag): spec for spec in get_args(AnyRule)
}
_TABLES: Final[dict[str, type[msgspec.Struct]]] = {
    "lines": Line,
    "zones": Zone,
    "lanes": Lane,
    "signals": Signal,
    "privacy": PrivacyMask,
    "homography": Homography,
    "detection": Detection,
    "reference": Reference,
}
_HINTS: Final = (
    ("float` <= 1.0", "coordinates are normalised, divide pixels by the width or height"),
    ("[01]", 'write a time of day as "22:30"'),
    (r"[\w.-]", "use letters, digits, dot, dash and underscore"),
)
_PLACE: Final = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(?P<key>.*)`$", re.DOTALL)
_MISSING: Final = re.compile(r'there is no \w+ "(?P<id>[^"]*)"')
_ENTRY: Final = re.compile(r"(?P<table>\w+)(?:\[(?P<index>\d+)\])?\.?(?P<rest>.*)$")


def read_scene(path: Path) -> Scene:
    """The scene in a file.

    Raises:
        SceneError: the file cannot be read or is refused.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SceneError(f"{path}: cannot read the scene ({error}): give the path of a scene file") from error
    return placed(parse_scene(text, str(path)), path.parent)


def placed(scene: Scene, folder: Path) -> Scene:
    """The scene of a file in this folder: its reference picture is looked for there."""
    if scene.reference is None:
        return scene
    image = folder / scene.reference.image  # an absolute path stays what it is
    return msgspec.structs.replace(scene, reference=Reference(str(image)))


def parse_scene(text: str, name: str) -> Scene:
    """The scene in a TOML text.

    Args:
        text: the file's content.
        name: what messages call it, such as its path.

    Raises:
        SceneError: it is not TOML, has an unknown key, a wrong value, a polygon that crosses itself, a
            double id or a reference to nothing.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SceneError(f"{name}: not TOML: {error}: mend the text there") from error
    if problem := next(_wrong_kinds(tree), None):
        raise SceneError(f"{name}: {problem}")
    try:
        scene = msgspec.convert(tree, Scene)
    except msgspec.ValidationError as error:
        raise SceneError(f"{name}: {_explained(str(error), tree)}") from error
    if problem := find_problem(scene):
        raise SceneError(f"{name}: {problem}")
    return scene


def every_problem(text: str) -> tuple[str, ...]:
    """Everything that is wrong with a TOML text, not only the first; nothing when `parse_scene` takes it.

    Each entry is judged by itself, at most one wrong value an entry; then what is good is judged as a whole.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return (f"not TOML: {error}: mend the text there",)
    found = list(_wrong_kinds(tree))
    good: dict[str, object] = {}
    broken: list[str] = []
    for table, value in tree.items():
        if not isinstance(value, list):
            wrong = _refused({table: value}, table, None, tree)
            found += wrong
            good |= {} if wrong else {table: value}
            continue
        entries: list[object] = []
        for index, entry in enumerate(value):
            if (wrong := _refused({table: [entry]}, table, index, tree)) or _lacks_kind(table, entry):
                found += wrong
                broken.append(str(entry.get("id")) if isinstance(entry, dict) else "")
            else:
                entries.append(entry)
        if entries:
            good[table] = entries
    whole = problems(msgspec.convert(good, Scene))
    found += [each for each in whole if not (match := _MISSING.search(each)) or match["id"] not in broken]
    return tuple(found)


def _refused(part: dict[str, object], table: str, index: int | None, tree: dict[str, object]) -> list[str]:
    """What the types say of one part of the scene; a rule without a kind is told elsewhere."""
    entry = part[table]
    if isinstance(entry, list) and _lacks_kind(table, entry[0]):
        return []
    try:
        msgspec.convert(part, Scene)
    except msgspec.ValidationError as error:
        message = str(error)
        if index is not None:
            message = message.replace(f"`$.{table}[0]", f"`$.{table}[{index}]")
        return [_explained(message, tree)]
    return []


def _lacks_kind(table: str, entry: object) -> bool:
    return table == "rules" and (entry.get("kind") if isinstance(entry, dict) else None) not in _KINDS


def _wrong_kinds(tree: dict[str, object]) -> Iterator[str]:
    """Rules without a kind, or of one that this version does not have."""
    for index, rule in enumerate(_list(tree.get("rules"))):
        if _lacks_kind("rules", rule):
            kind = rule.get("kind") if isinstance(rule, dict) else None
            place = _named("rules", index, tree)
            yield f"{place}: kind = {kind!r} is not one of this version's rules: use {', '.join(_KINDS)}"


def _explained(message: str, tree: dict[str, object]) -> str:
    """A validation message in the words of the scene file."""
    match = _PLACE.match(message)
    what, path = (match["what"], match["path"] or "") if match else (message, "")
    entry = _ENTRY.match(path)
    table, index, rest = (entry["table"], entry["index"], entry["rest"]) if entry else ("", None, "")
    place = _named(table, int(index) if index else None, tree) if table else "top level"
    if unknown := _UNKNOWN.match(what):
        known = _known_keys(table, int(index) if index else None, rest, tree)
        near = difflib.get_close_matches(unknown["key"], known, 1)
        advice = f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(known)}"
        return f"{place}: unknown key {unknown['key']!r}{f' in {rest}' if rest else ''}: {advice}"
    hint = next((advice for sign, advice in _HINTS if sign in what), "mend it")
    return f"{place}{f', key {rest!r}' if rest else ''}: {what[0].lower()}{what[1:]}: {hint}"


def _known_keys(table: str, index: int | None, rest: str, tree: dict[str, object]) -> list[str]:
    if not table:
        return list(Scene.__struct_encode_fields__)
    if rest.startswith("schedule"):
        return list(TimeWindow.__struct_encode_fields__)
    if table == "rules" and index is not None:
        kind = cast("dict[str, str]", _list(tree["rules"])[index])["kind"]
        return ["kind", *_KINDS[kind].__struct_encode_fields__]
    return list(_TABLES[table].__struct_encode_fields__)


def _named(table: str, index: int | None, tree: dict[str, object]) -> str:
    """`[[lines]] 2 (id "gate")`, counted from 1."""
    if index is None:
        return f"[{table}]" if isinstance(tree.get(table), dict) else table
    entries = _list(tree.get(table))
    entry = entries[index] if index < len(entries) else None
    name = entry.get("id") if isinstance(entry, dict) else None
    return f"[[{table}]] {index + 1}" + (f' (id "{name}")' if isinstance(name, str) else "")


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []

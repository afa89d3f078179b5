"""Text → `Scene`, once, at the boundary; every refusal says where and what to do."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Final, cast, get_args

import msgspec

from edge_agent.scene.checks import find_problem
from edge_agent.scene.errors import SceneError
from edge_agent.scene.rule_specs import RuleSpec
from edge_agent.scene.scene import AnyRule, Homography, Lane, Line, PrivacyMask, Scene, Signal, Zone
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
}
_HINTS: Final = (
    ("float` <= 1.0", "coordinates are normalised, divide pixels by the width or height"),
    ("[01]", 'write a time of day as "22:30"'),
    (r"[\w.-]", "use letters, digits, dot, dash and underscore"),
)
_PLACE: Final = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(?P<key>.*)`$", re.DOTALL)
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
    return parse_scene(text, str(path))


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
    if problem := _wrong_kind(tree):
        raise SceneError(f"{name}: {problem}")
    try:
        scene = msgspec.convert(tree, Scene)
    except msgspec.ValidationError as error:
        raise SceneError(f"{name}: {_explained(str(error), tree)}") from error
    if problem := find_problem(scene):
        raise SceneError(f"{name}: {problem}")
    return scene


def _wrong_kind(tree: dict[str, object]) -> str | None:
    """A rule without a kind, or of one that this version does not have."""
    for index, rule in enumerate(_list(tree.get("rules"))):
        kind = rule.get("kind") if isinstance(rule, dict) else None
        if kind not in _KINDS:
            place = _named("rules", index, tree)
            return f"{place}: kind = {kind!r} is not one of this version's rules: use {', '.join(_KINDS)}"
    return None


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

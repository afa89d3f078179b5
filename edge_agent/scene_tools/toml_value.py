"""TOML text of a value, as a person would write it into a scene file. Pure."""

import json
from collections.abc import Mapping
from typing import Final

_WIDE: Final = 96
"""A list that would be longer is written one item a line."""


def toml_value(value: object, key: str = "") -> str:
    """A value of a scene file.

    Args:
        value: text, number, truth value, list or table, nested as deep as wanted.
        key: what stands before it, for the length of the line.

    Raises:
        TypeError: TOML has no such value.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
        case int() | float():
            return repr(value)
        case list() | tuple():
            items = [toml_value(item) for item in value]
            flat = f"[{', '.join(items)}]"
            if len(flat) + len(key) <= _WIDE or not any(
                isinstance(item, list | tuple | dict) for item in value
            ):
                return flat
            return "[\n" + "".join(f"  {item},\n" for item in items) + "]"
        case Mapping():
            pairs = ", ".join(f"{toml_key(str(name))} = {toml_value(item)}" for name, item in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case _:
            raise TypeError(f"TOML has no value for {value!r}")


def toml_key(name: str) -> str:
    """A key, in quotes where it needs them."""
    bare = name.isascii() and name.replace("-", "a").replace("_", "a").isalnum()
    return name if bare else toml_value(name)


def toml_line(key: str, value: object) -> str:
    """`key = value`, with its line end."""
    return f"{toml_key(key)} = {toml_value(value, key)}\n"

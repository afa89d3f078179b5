"""Desired against reported configuration: which keys differ, as flat paths.

Pure; the node uses it to tell which sections to reload, the aggregator to show drift.
"""

from dataclasses import dataclass

import msgspec

from fleet.wire.node_config import NodeConfig

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Change:
    """One key that differs; None stands for a key that the side does not have."""

    path: str
    desired: Scalar
    reported: Scalar


def delta(desired: NodeConfig, reported: NodeConfig) -> tuple[Change, ...]:
    """Changes that would turn `reported` into `desired`, by path; cameras and sensors go by id."""
    want, have = _flat(desired), _flat(reported)
    return tuple(
        Change(path, want.get(path), have.get(path))
        for path in sorted(want.keys() | have.keys())
        if want.get(path) != have.get(path) or (path in want) != (path in have)
    )


def _flat(config: NodeConfig) -> dict[str, Scalar]:
    flat: dict[str, Scalar] = {}
    _flatten(msgspec.to_builtins(config), "", flat)
    return flat


def _flatten(value: object, path: str, flat: dict[str, Scalar]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(inner, f"{path}.{key}" if path else str(key), flat)
    elif isinstance(value, list | tuple):
        for inner in value:
            if isinstance(inner, dict):
                _flatten(inner, f"{path}.{inner.get('id')}", flat)
    elif value is None or isinstance(value, str | int | float | bool):
        flat[path] = value

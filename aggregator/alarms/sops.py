"""Checklists: what to do about an alarm of a kind, step by step. Pure; the shipped ones are in sops.toml."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec


@dataclass(frozen=True, slots=True)
class SopStep:
    """One step; `id` never changes its meaning, so that a tick stays true when others are added."""

    id: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Sop:
    """The checklist of one kind of event."""

    kind: str
    steps: tuple[SopStep, ...]


class _Shipped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kinds: tuple[str, ...]
    steps: tuple[SopStep, ...]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sop: tuple[_Shipped, ...]


@cache
def shipped_sops() -> tuple[Sop, ...]:
    """The checklists that a new server begins with."""
    text = files(__package__).joinpath("sops.toml").read_text("utf-8")
    found = msgspec.toml.decode(text, type=_File)
    return tuple(Sop(kind, each.steps) for each in found.sop for kind in each.kinds)

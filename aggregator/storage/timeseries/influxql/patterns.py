"""Regexes that say no more than a list of texts: dashboards send a chosen list as `/^(a|b)$/`. Pure."""

import re
from typing import Final

_FRAME: Final = re.compile(r"\^(?:\((?:\?:)?(?P<many>[^()]*)\)|(?P<one>[^()|$]*))(?P<end>\$?)", re.DOTALL)
_LITERAL: Final = re.compile(r"(?:[^\\.+*?()|\[\]{}^$]|\\[^A-Za-z0-9])*", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_EVERYTHING: Final = frozenset({"", ".*", "^.*$", "^(.*)$", "^.*", ".*$", "(.*)"})


def matches_all(pattern: str) -> bool:
    """Whether every text matches."""
    return pattern in _EVERYTHING


def alternatives(pattern: str) -> tuple[str, ...] | None:
    """The texts that match, where they are listed plainly; None where only a regex engine can tell."""
    return _listed(pattern, "$")


def beginnings(pattern: str) -> tuple[str, ...] | None:
    """The texts that what matches begins with, where they are listed plainly: `^(school-|campus-)`."""
    return _listed(pattern, "")


def _listed(pattern: str, end: str) -> tuple[str, ...] | None:
    framed = _FRAME.fullmatch(pattern)
    if framed is None or framed.group("end") != end:
        return None
    many = framed.group("many")
    parts = _split(many) if many is not None else [framed.group("one")]
    if not all(_LITERAL.fullmatch(part) for part in parts):
        return None
    return tuple(_ESCAPE.sub(r"\1", part) for part in parts)


def _split(text: str) -> list[str]:
    parts = [""]
    escaped = False
    for letter in text:
        if letter == "|" and not escaped:
            parts.append("")
        else:
            parts[-1] += letter
        escaped = letter == "\\" and not escaped
    return parts

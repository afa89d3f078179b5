"""GeoReport v2 as text: trees of names and values, rendered as XML or as JSON. Pure.

JSON follows the Spark convention: a list of equal elements is an array, nothing is null. Times carry the
offset of Vietnam. Characters that XML 1.0 cannot carry are left out of both.
"""

import json
import re
import xml.etree.ElementTree as ET  # written, never parsed
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Final

from aggregator.storage.instants import from_ms

VIETNAM: Final = timezone(timedelta(hours=7))
XML: Final = "text/xml; charset=utf-8"
JSON: Final = "application/json; charset=utf-8"
_UNSPEAKABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Value = str | int | float | bool | None
Node = Mapping[str, "Value | Node | Many"]


@dataclass(frozen=True, slots=True)
class Many:
    """A list: `name` is what XML calls each element."""

    name: str
    items: Sequence["Node | Value"]


def rendered(root: str, content: "Node | Many", form: str) -> bytes:
    """The text of a tree in `xml` or `json`; `root` is the outermost element, which JSON leaves out."""
    if form == "json":
        return json.dumps(_plain(content), ensure_ascii=False).encode()
    top = ET.Element(root)
    _fill(top, content)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(top, encoding="unicode").encode()


def instant(ms: int | None) -> str | None:
    """An instant in W3C's format, with its offset."""
    return None if ms is None else from_ms(ms).astimezone(VIETNAM).isoformat(timespec="seconds")


def speakable(text: str) -> str:
    """Without characters that XML cannot carry."""
    return _UNSPEAKABLE.sub("", text)


def _plain(content: "Node | Many | Value") -> object:
    match content:
        case Many():
            return [_plain(each) for each in content.items]
        case Mapping():
            return {name: _plain(each) for name, each in content.items()}
        case "":
            return None
        case str():
            return speakable(content)
        case _:
            return content


def _fill(element: ET.Element, content: "Node | Many | Value") -> None:
    match content:
        case Many():
            for each in content.items:
                _fill(ET.SubElement(element, content.name), each)
        case Mapping():
            for name, value in content.items():
                _fill(ET.SubElement(element, name), value)
        case None:
            pass
        case bool():
            element.text = "true" if content else "false"
        case _:
            element.text = speakable(str(content))

"""Rows that no store takes, so that every store holds the same. Pure.

Line protocol has no way to write a control character or a backslash at the end of a text; a line that
begins with `#` is a comment; `events` is the projection of the events. What one store could not hold,
none takes: moving between stores loses nothing.
"""

import re
from dataclasses import dataclass
from typing import Final

from aggregator.errors import StoreRefusedError
from aggregator.storage.timeseries.store import EVENTS, EventPoint, StreamRows
from fleet.wire.messages import MeasurementRow

_UNWRITABLE: Final = re.compile(r"[\x00-\x1f\x7f]|\\\Z")
_SUSPECT: Final = re.compile(r"[\x00-\x1f\x7f\\]")
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that a store cannot take; `detail` says why and shows the line."""

    node: str
    stream: str
    seq: int
    detail: str


class RowsRefusedError(StoreRefusedError):
    """A store cannot take `rows`; the others of the batch may be written again without them."""

    def __init__(self, rows: tuple[RefusedRow, ...]) -> None:
        shown = "; ".join(f"{row.node} seq {row.seq}: {row.detail}" for row in rows[:_NAMED])
        more = f"; and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
        super().__init__(f"the time-series store refused {len(rows)} rows: {shown}{more}")
        self.rows = rows


def refused_rows(part: StreamRows) -> list[RefusedRow]:
    """Rows of the part that no store takes; raises StoreRefusedError when a seq stands twice in it."""
    if len({row.seq for row in part.rows}) < len(part.rows):
        raise StoreRefusedError(f"stream {part.stream} of {part.node}: a seq stands twice in one batch")
    kinds = {(row.name, row.source, row.zone_or_line, row.class_name, row.direction) for row in part.rows}
    texts = {part.site, part.node, *(text for _, *tags in kinds for text in tags)}
    if not any(_bad_name(name) for name, *_ in kinds) and not any(map(_SUSPECT.search, texts)):
        return []
    found = ((row, _complaint(part, row)) for row in part.rows)
    return [RefusedRow(part.node, part.stream, row.seq, detail) for row, detail in found if detail]


def writable_event(point: EventPoint) -> bool:
    """Tell whether the event can be projected; its truth stands in the relational store in any case."""
    event = point.event
    texts = (
        point.site,
        event.camera,
        event.kind,
        event.rule,
        event.zone_or_line,
        event.class_name,
        event.direction,
    )
    return not any(map(_UNWRITABLE.search, texts))


def _complaint(part: StreamRows, row: MeasurementRow) -> str:
    if _bad_name(row.name):
        return (
            f"{row.name!r} cannot name a measurement: it is empty, `{EVENTS}`, begins with #,"
            " or holds what line protocol cannot write"
        )
    tags = {
        "site": part.site,
        "node": part.node,
        "source": row.source,
        "zone_or_line": row.zone_or_line,
        "class": row.class_name,
        "direction": row.direction,
    }
    for tag, text in tags.items():
        if _UNWRITABLE.search(text):
            return (
                f"{tag} {text!r} of {row.name!r} holds a control character or ends in a backslash,"
                " which line protocol cannot write"
            )
    return ""


def _bad_name(name: str) -> bool:
    return not name or name == EVENTS or name[0] == "#" or _UNWRITABLE.search(name) is not None

r"""Rows and events as InfluxDB's line protocol. Pure.

Invariant: what `refusals` lets pass is read back by the server as it was, text by text. Escapes of the
protocol: `,` and space in a measurement, `,`, `=` and space in tags, `"` and `\` in string fields. A
backslash elsewhere in a tag stands for itself. Empty tags are left out, for they cannot be written.
"""

from collections.abc import Iterable
from typing import Final

from aggregator.storage.timeseries.store import EVENTS, NS_PER_MS, EventPoint, StreamRows
from fleet.wire.messages import MeasurementRow

_MEASUREMENT: Final = str.maketrans({",": "\\,", " ": "\\ "})
_TAG: Final = str.maketrans({",": "\\,", " ": "\\ ", "=": "\\="})
_STRING: Final = str.maketrans({'"': '\\"', "\\": "\\\\"})


def lines_of(part: StreamRows, rows: Iterable[MeasurementRow]) -> list[str]:
    """One line a row; the key of a series is made once."""
    keys: dict[tuple[str, str, str, str, str], str] = {}
    site, node = part.site, part.node
    provenance = f'i,stream="{part.stream.translate(_STRING)}",seq='
    lines = []
    for row in rows:
        series = (row.name, row.source, row.zone_or_line, row.class_name, row.direction)
        key = keys.get(series)
        if key is None:
            key = keys[series] = _key(site, node, series)
        seq = row.seq
        lines.append(
            f"{key} value={row.value!r},n={row.n}i,period_s={row.period_s!r},quality={row.quality}"
            f"{provenance}{seq}i {row.start_ms * NS_PER_MS + seq % NS_PER_MS}"
        )
    return lines


def line_of_event(point: EventPoint) -> str:
    """An event's line in measurement `events`."""
    event = point.event
    tags = (
        ("class", event.class_name),
        ("direction", event.direction),
        ("kind", event.kind),
        ("node", point.node),
        ("rule", event.rule),
        ("site", point.site),
        ("source", event.camera),
        ("zone_or_line", event.zone_or_line),
    )
    time_ns = event.occurred_at_ms * NS_PER_MS + event.seq % NS_PER_MS
    return (
        f"{EVENTS}{_tags(tags)} count=1i,duration_s={float(event.duration_s)!r},score={float(event.score)!r},"
        f'stream="{point.stream.translate(_STRING)}",seq={event.seq}i,id={point.id}i {time_ns}'
    )


def _key(site: str, node: str, series: tuple[str, str, str, str, str]) -> str:
    name, source, zone_or_line, class_name, direction = series
    # Sorted by key, which spares the server the sorting.
    tags = (
        ("class", class_name),
        ("direction", direction),
        ("node", node),
        ("site", site),
        ("source", source),
        ("zone_or_line", zone_or_line),
    )
    return f"{name.translate(_MEASUREMENT)}{_tags(tags)}"


def _tags(tags: tuple[tuple[str, str], ...]) -> str:
    return "".join([f",{key}={value.translate(_TAG)}" for key, value in tags if value])

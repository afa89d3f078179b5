"""Facts of the year as InfluxDB's line protocol, in the schema of docs/timeseries.md (pure)."""

from collections.abc import Iterator
from typing import Final

from fleet.simulator.year import NodeFacts
from fleet.wire.messages import Event, MeasurementRow

_NS_PER_MS: Final = 1_000_000
_SAFE: Final = str.maketrans({",": "\\,", " ": "\\ ", "=": "\\="})


def lines_of_facts(facts: NodeFacts, event_ids: Iterator[int]) -> Iterator[str]:
    """A line a row, then a line an event; `event_ids` numbers the events as the relational store would."""
    for row in facts.rows:
        yield _line_of_row(facts, row)
    for event in facts.events:
        yield _line_of_event(facts, event, next(event_ids))


def _line_of_row(facts: NodeFacts, row: MeasurementRow) -> str:
    tags = (
        ("class", row.class_name),
        ("direction", row.direction),
        ("node", facts.node),
        ("site", facts.site),
        ("source", row.source),
        ("zone_or_line", row.zone_or_line),
    )
    time_ns = row.start_ms * _NS_PER_MS + row.seq % _NS_PER_MS
    return (
        f"{row.name}{_tags(tags)} value={row.value!r},n={row.n}i,period_s={row.period_s!r},"
        f'quality={row.quality}i,stream="{facts.row_stream.hex()}",seq={row.seq}i {time_ns}'
    )


def _line_of_event(facts: NodeFacts, event: Event, number: int) -> str:
    tags = (
        ("class", event.class_name),
        ("direction", event.direction),
        ("kind", event.kind),
        ("node", facts.node),
        ("rule", event.rule),
        ("site", facts.site),
        ("source", event.camera),
        ("zone_or_line", event.zone_or_line),
    )
    time_ns = event.occurred_at_ms * _NS_PER_MS + event.seq % _NS_PER_MS
    return (
        f"events{_tags(tags)} count=1i,duration_s={float(event.duration_s)!r},score={event.score!r},"
        f'stream="{facts.event_stream.hex()}",seq={event.seq}i,id={number}i {time_ns}'
    )


def _tags(tags: tuple[tuple[str, str], ...]) -> str:
    return "".join([f",{key}={value.translate(_SAFE)}" for key, value in tags if value])

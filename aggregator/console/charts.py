"""From points of the time-series store to small charts; pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from aggregator.console.schemas import Chart, Charts, ChartSeries
from aggregator.storage.instants import from_ms
from aggregator.storage.timeseries.store import Point

MINUTES: Final = 60
MINUTE_MS: Final = 60_000
SHOWN: Final = 12
Place = tuple[str, str, str]
"""Node, source, and line or zone."""


def window(now_ms: int) -> tuple[int, int]:
    """The last 60 whole minutes and the one that runs, as start (in) and end (out)."""
    end_ms = (now_ms // MINUTE_MS + 1) * MINUTE_MS
    return end_ms - MINUTES * MINUTE_MS, end_ms


def busiest(totals: Sequence[Point]) -> list[Place]:
    """The places to show: those with the highest values, then in a steady order."""
    ranked = sorted(totals, key=lambda point: (-point.value, point.tags))
    return sorted((point.tags[0], point.tags[1], point.tags[2]) for point in ranked[:SHOWN])


def charts_of(name: str, places: Iterable[Place], points: Sequence[Point], start_ms: int) -> list[Chart]:
    """One chart for each place; points are tagged node, source, place, class, direction."""
    wanted = {place: dict[tuple[str, str], list[float | None]]() for place in places}
    for point in points:
        node, source, zone_or_line, class_name, direction = point.tags
        series = wanted.get((node, source, zone_or_line))
        minute = (point.start_ms - start_ms) // MINUTE_MS
        if series is None or not 0 <= minute < MINUTES:
            continue
        values = series.setdefault((class_name, direction), [None] * MINUTES)
        values[minute] = point.value
    return [_chart(name, place, series) for place, series in wanted.items()]


def _chart(name: str, place: Place, series: dict[tuple[str, str], list[float | None]]) -> Chart:
    drawn = [
        ChartSeries(
            class_=class_name,
            direction=direction,
            values=values,
            total=sum(value for value in values if value is not None),
        )
        for (class_name, direction), values in sorted(series.items())
    ]
    node, source, zone_or_line = place
    return Chart(
        name=name,
        node=node,
        source=source,
        zone_or_line=zone_or_line,
        series=drawn,
        total=sum(each.total for each in drawn),
    )


def join_charts(
    start_ms: int, flow: list[Chart], flow_totals: Sequence[Point], zones: list[Chart], zone_count: int
) -> Charts:
    """All charts of the page."""
    return Charts(
        start=from_ms(start_ms),
        minutes=MINUTES,
        flow=flow,
        flow_total=sum(point.value for point in flow_totals),
        flow_more=max(0, len(flow_totals) - len(flow)),
        occupancy=zones,
        occupancy_more=max(0, zone_count - len(zones)),
    )

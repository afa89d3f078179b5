"""What the live page is drawn from."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from aggregator.events.schemas import EventView
from aggregator.nodes.schemas import NodeCounts, NodeView


class Totals(BaseModel):
    """Events of one day of Vietnam."""

    day: str
    events: int
    alarms: int
    by_kind: dict[str, int]


class ChartSeries(BaseModel):
    """Values by minute, oldest first; null is no data, which is not zero."""

    class_: Annotated[str, Field(serialization_alias="class")]
    direction: str
    values: list[float | None]
    total: float


class Chart(BaseModel):
    """One line (flow) or one zone (occupancy) over the last hour."""

    name: str
    node: str
    source: str
    zone_or_line: str
    series: list[ChartSeries]
    total: float


class Charts(BaseModel):
    """Charts of the last hour; `start` is the minute of the first value, `more` are not shown."""

    start: datetime
    minutes: int
    flow: list[Chart]
    flow_total: float
    flow_more: int
    occupancy: list[Chart]
    occupancy_more: int


class Summary(BaseModel):
    """All but the events; what the live feed does not carry whole is read again from here."""

    now: datetime
    nodes: list[NodeView]
    node_counts: NodeCounts
    totals: Totals
    charts: Charts


class Overview(BaseModel):
    """The whole page at one instant; the live feed goes on from `position`."""

    position: str
    events: list[EventView]
    alarms: list[EventView]
    summary: Summary

"""What the live page is drawn from."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from aggregator.events.schemas import EventView
from aggregator.nodes.schemas import NodeView


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


class Overview(BaseModel):
    """The whole page at one instant; the live feed goes on from `position`."""

    position: str
    now: datetime
    nodes: list[NodeView]
    nodes_more: bool
    events: list[EventView]
    totals: Totals
    charts: Charts

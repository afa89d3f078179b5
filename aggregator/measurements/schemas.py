"""Measurements as HTTP shows them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field


class PointView(BaseModel):
    """One bucket of one series."""

    start: datetime
    node: str
    source: str
    zone_or_line: str
    class_: Annotated[str, Field(serialization_alias="class")]
    direction: str
    value: float
    rows: Annotated[int, Field(description="rows that were joined into the value")]


class SeriesPage(BaseModel):
    """Points by time, then by tags."""

    name: str
    unit: str
    aggregate: str
    bucket_s: int
    items: list[PointView]
    next_cursor: str | None


class MeaningView(BaseModel):
    """What a measurement is, for people."""

    vi: str
    en: str


class MeasurementKindView(BaseModel):
    """One entry of the catalogue."""

    name: str
    unit: str
    tags: list[str]
    aggregate: Annotated[str, Field(description="how values join when nothing else is asked")]
    meaning: MeaningView


class CatalogueView(BaseModel):
    """The catalogue of measurements."""

    items: list[MeasurementKindView]

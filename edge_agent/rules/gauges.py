"""What a rule measures in one frame, for the figures of the minute. Pure."""

from enum import StrEnum

import msgspec


class How(StrEnum):
    """How the values of one minute join."""

    TIME_MEAN = "time_mean"
    """Weighted by the time that each held: occupancy, people in a queue."""
    MOST = "most"
    """The largest: length of a queue, level of congestion."""
    SAMPLE_MEAN = "sample_mean"
    """Each value counts once: the speed of one vehicle, the wait of one person."""
    SUM = "sum"
    """Added up: visitors who came in."""
    TIME_SUM = "time_sum"
    """Added up over the time that each held, in seconds: rules that could not judge."""


class Gauge(msgspec.Struct, frozen=True, gc=False):
    """One value of one frame.

    Attributes:
        name: in the catalogue of measurements.
        zone_or_line: where in the scene.
        class_name: class it is about; may be empty.
        direction: `forward`, `backward`, or empty.
        value: in the catalogue's unit; None says that the gauge was watched and there was nothing to measure.
        how: how values join.
        quality: 0 measured; 1 estimated. In one minute, measured values put estimated ones out of the figure.
    """

    name: str
    zone_or_line: str
    class_name: str
    direction: str
    value: float | None
    how: How
    quality: int = 0

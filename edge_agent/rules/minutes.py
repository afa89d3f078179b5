"""Figures of each minute: flow over lines, people in zones. Pure.

A minute stays open for `GRACE_S` after its end, because a crossing may be decided after it happened.
Frames that did not come are not zeros: a minute without frames gives no rows, one with gaps is marked
suspect.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from edge_agent.rules.facts import SceneMeasurement
from edge_agent.rules.gauges import Gauge, How

MINUTE_S: Final = 60.0
GRACE_S: Final = 5.0
LONGEST_STEP_S: Final = 2.0
"""Time between frames that are further apart is not covered."""
LEAST_COVERED: Final = 0.9
GOOD: Final = 0
SUSPECT: Final = 1

FlowKey = tuple[str, str, str]
"""Line, class, direction."""
ZoneKey = tuple[str, str]
"""Zone, class."""


@dataclass(slots=True)
class _Load:
    """Numbers in a zone, weighted by time."""

    weighted: float = 0.0
    time_s: float = 0.0
    most: int = 0
    frames: int = 0


FigureKey = tuple[str, str, str, str, How]
"""Measurement, line or zone, class, direction, how its values join."""


@dataclass(slots=True)
class _Figure:
    """Values of one gauge, of the best quality there was; `time_s` is their weight in a mean over time."""

    total: float = 0.0
    weighted: float = 0.0
    time_s: float = 0.0
    most: float = 0.0
    values: int = 0
    frames: int = 0
    quality: int = GOOD

    def add(self, value: float | None, step_s: float, quality: int) -> None:
        """Take in the value of one frame."""
        self.frames += 1
        if value is None or (self.values and quality > self.quality):
            return
        if self.values and quality < self.quality:
            self.total = self.weighted = self.time_s = 0.0
            self.values = 0
        self.quality = quality
        self.most = value if not self.values else max(self.most, value)
        self.total += value
        self.weighted += value * step_s
        self.time_s += step_s
        self.values += 1

    def n(self, how: How) -> int:
        """What stands behind the figure: samples, or frames; of an estimate 1, however often it was made."""
        if how is not How.SAMPLE_MEAN:
            return self.frames
        return self.values if self.quality == GOOD else 1

    def joined(self, how: How) -> float | None:
        """The figure of the minute; nothing when there was nothing to measure."""
        if how is How.SUM:
            return self.total
        if how is How.TIME_SUM:
            return self.weighted
        if not self.values:
            return None
        if how is How.MOST:
            return self.most
        if how is How.TIME_MEAN and self.time_s:
            return self.weighted / self.time_s
        return self.total / self.values


@dataclass(slots=True)
class _Minute:
    """One period and its figures so far."""

    start_s: float
    end_s: float
    covered_s: float = 0.0
    flow: dict[FlowKey, int] = field(default_factory=dict)
    flow_frames: dict[FlowKey, int] = field(default_factory=dict)
    load: dict[ZoneKey, _Load] = field(default_factory=dict)
    figures: dict[FigureKey, _Figure] = field(default_factory=dict)


class Minutes:
    """The open minutes of one camera: at most two."""

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._open: list[_Minute] = []
        self._last_s: float | None = None
        self._step_s = 0.0

    def begin_frame(self, at_s: float, past_minute_s: float) -> list[SceneMeasurement]:
        """Start a frame; returns the rows of minutes that are over for good.

        Args:
            at_s: capture time.
            past_minute_s: seconds since the last full minute of the wall clock, where periods begin.
        """
        if not self._open or at_s >= self._open[-1].end_s:
            start_s = max(at_s - past_minute_s, self._open[-1].end_s) if self._open else at_s
            self._open.append(_Minute(start_s, at_s - past_minute_s + MINUTE_S))
        self._step_s = 0.0 if self._last_s is None else min(at_s - self._last_s, LONGEST_STEP_S)
        self._last_s = at_s
        self._open[-1].covered_s += self._step_s
        over = [minute for minute in self._open[:-1] if at_s >= minute.end_s + GRACE_S]
        self._open = [minute for minute in self._open if minute not in over]
        return [row for minute in over for row in self._rows(minute, minute.end_s)]

    def watch(self, keys: Iterable[FlowKey]) -> None:
        """These flows were watched in this frame, whether or not anything crossed."""
        minute = self._open[-1]
        for key in keys:
            minute.flow_frames[key] = minute.flow_frames.get(key, 0) + 1

    def cross(self, key: FlowKey, at_s: float) -> None:
        """Something crossed a line at a time that may lie a little back."""
        minute = next((minute for minute in self._open if at_s < minute.end_s), self._open[-1])
        minute.flow[key] = minute.flow.get(key, 0) + 1

    def occupy(self, key: ZoneKey, count: int) -> None:
        """So many are in a zone in this frame."""
        load = self._open[-1].load.setdefault(key, _Load())
        load.weighted += count * self._step_s
        load.time_s += self._step_s
        load.most = max(load.most, count)
        load.frames += 1

    def gauge(self, gauges: Iterable[Gauge]) -> None:
        """What rules measured in this frame."""
        figures = self._open[-1].figures
        for each in gauges:
            key = (each.name, each.zone_or_line, each.class_name, each.direction, each.how)
            figures.setdefault(key, _Figure()).add(each.value, self._step_s, each.quality)

    def finish(self) -> list[SceneMeasurement]:
        """The rows of what is still open, the last period as long as it was."""
        minutes, self._open = self._open, []
        last_s = self._last_s or 0.0
        return [row for minute in minutes for row in self._rows(minute, min(minute.end_s, last_s))]

    def _rows(self, minute: _Minute, end_s: float) -> list[SceneMeasurement]:
        period_s = end_s - minute.start_s
        if period_s <= 0:
            return []
        quality = GOOD if minute.covered_s >= LEAST_COVERED * period_s else SUSPECT

        def row(
            name: str, place: tuple[str, str, str], value: float, n: int, at_best: int = GOOD
        ) -> SceneMeasurement:
            worst = max(quality, at_best)
            return SceneMeasurement(name, self._camera, *place, minute.start_s, period_s, value, n, worst)

        rows = [
            row("flow", key, float(minute.flow.get(key, 0)), frames)
            for key, frames in sorted({**dict.fromkeys(minute.flow, 0), **minute.flow_frames}.items())
        ]
        for (zone, class_name), load in sorted(minute.load.items()):
            mean = load.weighted / load.time_s if load.time_s else float(load.most)
            rows.append(row("occupancy", (zone, class_name, ""), mean, load.frames))
            rows.append(row("occupancy_max", (zone, class_name, ""), float(load.most), load.frames))
        for (name, place, class_name, direction, how), figure in sorted(minute.figures.items()):
            if (value := figure.joined(how)) is not None:
                rows.append(row(name, (place, class_name, direction), value, figure.n(how), figure.quality))
        return rows

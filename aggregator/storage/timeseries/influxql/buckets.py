"""What happens to buckets after they were read: `fill`, running functions, arithmetic. Pure.

A line is the points of one function of one series in the order of the answer, at most one a time; None
is a bucket that is there and has no value. Everything follows InfluxDB 1.x to the letter, also where
it surprises: a division by zero gives 0, and the standard deviation of one point is not a number, which
running functions carry on.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from aggregator.storage.timeseries.influxql.plan import Aggregate, Transform
from aggregator.storage.timeseries.influxql.syntax import Fill, FillKind

Value = int | float | None
Line = list[tuple[int, Value]]


def filled(points: Line, starts: Iterable[int], fill: Fill, aggregate: Aggregate) -> Line:
    """The points with those buckets of `starts` between them that have none."""
    if fill.kind is FillKind.NONE:
        return points
    if fill.kind is FillKind.LINEAR:
        return _linear(points, starts, integer=aggregate.integer)
    empty = missing(fill, integer=aggregate.integer)
    if fill.kind is FillKind.NULL and aggregate.function in {"count", "count_distinct"}:
        empty = 0
    known = dict(points)
    line: Line = []
    for start in starts:
        if start in known:
            value = known[start]
            if fill.kind is FillKind.PREVIOUS:
                empty = value
            line.append((start, value))
        else:
            line.append((start, empty))
    return line


def missing(fill: Fill, *, integer: bool) -> Value:
    """What `fill(number)` puts where there is nothing; None for every other fill."""
    if fill.kind is not FillKind.NUMBER:
        return None
    return int(fill.number) if integer else float(fill.number)


def _linear(points: Line, starts: Iterable[int], *, integer: bool) -> Line:
    known = dict(points)
    ahead = deque(points)
    before: tuple[int, Value] | None = None
    line: Line = []
    for start in starts:
        if start in known:
            before = ahead.popleft()
            line.append(before)
        elif before is None or before[1] is None or not ahead or ahead[0][1] is None:
            line.append((start, None))
        else:
            line.append(
                (start, _between(start, before[0], ahead[0][0], before[1], ahead[0][1], integer=integer))
            )
    return line


def _between(at: int, x0: int, x1: int, y0: float, y1: float, *, integer: bool) -> float:
    value = y0 + (y1 - y0) * ((at - x0) / (x1 - x0))
    return int(value) if integer else value


def transformed(line: Line, transform: Transform) -> Line:
    """A running function over the points of a line that have a value."""
    points = [(at, value) for at, value in line if value is not None]
    match transform.function:
        case "cumulative_sum":
            return list(_cumulated(points))
        case "moving_average":
            return list(_averaged(points, transform.points))
        case "difference" | "non_negative_difference":
            steps = _steps(points)
            found: Line = [(at, value - before) for (_, before), (at, value) in steps]
        case _:
            steps = _steps(points)
            found = [
                (at, _rate(value - before, abs(at - earlier), transform.unit_ns))
                for (earlier, before), (at, value) in steps
            ]
    if transform.function.startswith("non_negative"):
        return [(at, value) for at, value in found if value is not None and not value < 0]  # NaN stays
    return found


def _steps(
    points: Sequence[tuple[int, float]],
) -> Iterator[tuple[tuple[int, float], tuple[int, float]]]:
    """Each point with the one before it; of points at one time only the first counts."""
    before: tuple[int, float] | None = None
    for point in points:
        if before is not None:
            if point[0] == before[0]:
                continue
            yield before, point
        before = point


def _rate(change: float, elapsed_ns: int, unit_ns: int) -> float:
    return change / (elapsed_ns / unit_ns)


def _cumulated(points: Iterable[tuple[int, float]]) -> Iterator[tuple[int, Value]]:
    total: float = 0
    for at, value in points:
        total += value
        yield at, total


def _averaged(points: Iterable[tuple[int, float]], size: int) -> Iterator[tuple[int, Value]]:
    last: deque[float] = deque()
    total: float = 0
    for at, value in points:
        if len(last) == size:
            total -= last.popleft()
        last.append(value)
        total += value
        if len(last) == size:
            yield at, total / size


def computed(op: str, left: Value, right: Value) -> Value:
    """`left op right`; nothing comes of nothing."""
    if left is None or right is None:
        return None
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else 0.0
        case _:
            return _remainder(left, right)


def _remainder(left: float, right: float) -> Value:
    """As Go has it: the sign is the dividend's."""
    if isinstance(left, int) and isinstance(right, int):
        return int(math.copysign(abs(left) % abs(right), left)) if right else 0
    return math.fmod(left, right) if right else None

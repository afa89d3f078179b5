"""Facts of a simulated node, every field of the data model filled (pure; the seed decides).

Messages alternate between a batch of events and a batch of measurement rows, so that half of the
facts are of each class.
"""

import random
from typing import Final

from fleet.wire.messages import Event, EventBatch, MeasurementBatch, MeasurementRow

_POOL: Final = 256
_KINDS: Final = ("line_crossed", "intruded", "loitered", "parking_confirmed", "wrong_way")
_CLASSES: Final = ("person", "bicycle", "motorcycle", "car", "bus", "truck")
_PLACES: Final = ("gate", "plaza", "kerb-north", "stop-line-2")
_RULES: Final = ("gate-count", "plaza-dwell", "no-parking", "one-way")
_MODEL: Final = "ssdlite_mobilenet_v2_coco/int8"
_EventRest = tuple[
    str,
    str,
    str,
    str,
    str,
    int,
    int,
    str,
    float,
    tuple[int, int, int, int],
    float,
    tuple[bytes, ...],
    str,
    float,
]
_RowRest = tuple[float, str, str, str, str, str, float, int, int]


class FactSource:
    """Endless facts of one stream; what varies is drawn from a pool made once, so that it is cheap."""

    def __init__(self, seed: int, stream: bytes) -> None:
        """Draw the pool of `seed`."""
        rng = random.Random(seed)  # noqa: S311  a seed, not a secret
        self._stream = stream
        self._rng = rng
        self._events = [_event_rest(rng) for _ in range(_POOL)]
        self._rows = [_row_rest(rng) for _ in range(_POOL)]

    def events(self, first_seq: int, count: int, now_ms: int) -> EventBatch:
        """Return `count` events from `first_seq` on, which happened just now."""
        start = self._rng.randrange(_POOL)
        pool = self._events
        return EventBatch(
            self._stream,
            tuple(Event(first_seq + i, now_ms, 0, *pool[(start + i) % _POOL]) for i in range(count)),
        )

    def rows(self, first_seq: int, count: int, now_ms: int) -> MeasurementBatch:
        """Return `count` measurement rows of the minute that has just ended."""
        start = self._rng.randrange(_POOL)
        start_ms = now_ms // 60_000 * 60_000
        pool = self._rows
        return MeasurementBatch(
            self._stream,
            tuple(MeasurementRow(first_seq + i, start_ms, *pool[(start + i) % _POOL]) for i in range(count)),
        )


def _event_rest(rng: random.Random) -> _EventRest:
    x1, y1 = rng.randrange(9000), rng.randrange(9000)
    box = (x1, y1, x1 + rng.randrange(50, 1000), y1 + rng.randrange(50, 1000))
    return (
        rng.choice(_KINDS),
        rng.choice(_RULES),
        f"cam-{rng.randrange(1, 5):02}",
        rng.choice(_PLACES),
        rng.choice(_CLASSES),
        rng.randrange(1, 5000),
        rng.randrange(400, 1000),
        rng.choice(("forward", "backward")),
        round(rng.random() * 90, 1),
        box,
        float(rng.randrange(60)),
        (rng.randbytes(32),),
        _MODEL,
        0.5,
    )


def _row_rest(rng: random.Random) -> _RowRest:
    return (
        60.0,
        rng.choice(("flow", "occupancy", "occupancy_max")),
        f"cam-{rng.randrange(1, 5):02}",
        rng.choice(_PLACES),
        rng.choice(_CLASSES),
        rng.choice(("forward", "backward")),
        round(rng.random() * 50, 2),
        rng.randrange(600),
        0,
    )

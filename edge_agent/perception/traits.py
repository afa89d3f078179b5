"""What a second model says of a part of an object: the heads of those who ride a motorbike.

Pure but for the classifier. A rider is a person whose box stands on a motorbike's; the head is the top of the
rider's box. At most `MOST_CROPS` heads are looked at in a frame, those looked at least first, each at most
every `EVERY_S` and `ENOUGH` times: a box has one processor. State is kept for live tracks only.
"""

from collections.abc import Iterable
from typing import Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.tracks import Track

HEAD_HEIGHT: Final = 0.27
"""Of a rider's box, which ends at the foot-pegs."""
MARGIN: Final = 0.15
"""Of the head's height, added on every side, so that the helmet is whole."""
MOST_CROPS: Final = 2
EVERY_S: Final = 0.1
ENOUGH: Final = 15
_BIKES: Final = frozenset({"motorcycle", "bicycle"})
_LEAST_WITHIN: Final = 0.5
_LEAST_PX: Final = 8

Xyxy = tuple[float, float, float, float]


class TraitClassifier(Protocol):
    """Names what a small picture shows; owned by one thread."""

    @property
    def name(self) -> str:
        """Name of the model."""

    def classify(self, crop: NDArray[np.uint8]) -> tuple[str, float]:
        """The likeliest label of a picture (height, width, 3), order BGR, and its score 0-1."""


class Ride(msgspec.Struct, frozen=True, gc=False):
    """A rider and the motorbike under them."""

    rider: Track
    bike: Track


class HeadReading(msgspec.Struct, frozen=True, gc=False):
    """What the classifier said of one head.

    Attributes:
        tracker_id: of the rider.
        label: the classifier's word.
        score: 0-1.
        size_px: height of the head in pixels, without the margin.
        at_s: when.
    """

    tracker_id: int
    label: str
    score: float
    size_px: float
    at_s: float


def rides_of(tracks: Iterable[Track]) -> list[Ride]:
    """Riders joined to motorbikes: each person to the bike that most of the width of their box is over.

    A person rides when the middle of their box is over the bike's width, their feet are below the bike's
    top and not below its wheels by more than a little, and their head is above the bike: whoever walks
    beside it or stands behind it is no rider.
    """
    seen = list(tracks)
    bikes = [track for track in seen if track.class_name in _BIKES]
    rides = []
    for person in (track for track in seen if track.class_name == "person"):
        fits = [(_within(person.xyxy, bike.xyxy), bike) for bike in bikes if _rides(person.xyxy, bike.xyxy)]
        if fits:
            rides.append(Ride(person, max(fits, key=lambda fit: (fit[0], -fit[1].tracker_id))[1]))
    return rides


def head_of(rider: Xyxy) -> Xyxy:
    """The box of a rider's head, normalised as the rider's box is; `HEAD_HEIGHT` high, as wide as the box."""
    x1, y1, x2, y2 = rider
    return (x1, y1, x2, y1 + HEAD_HEIGHT * (y2 - y1))


class HeadReader:
    """Looks at the heads of riders.

    Args:
        classifier: the second model.
        min_px: heads that are lower are not looked at.
    """

    def __init__(self, classifier: TraitClassifier, *, min_px: float) -> None:
        self._classifier = classifier
        self._min_px = max(min_px, _LEAST_PX)
        self._read: dict[int, tuple[int, float]] = {}

    def read(
        self, image: NDArray[np.uint8], rides: Iterable[Ride], *, ids: frozenset[int], at_s: float
    ) -> list[HeadReading]:
        """Readings of this frame.

        Args:
            image: shape (height, width, 3), order BGR.
            rides: riders seen in this frame.
            ids: ids of all live tracks; who is missing is forgotten.
            at_s: capture time of the frame.
        """
        self._read = {each: known for each, known in self._read.items() if each in ids}
        due = [each for each in rides if self._is_due(each, image.shape[0], at_s)]
        due.sort(key=lambda ride: (self._times(ride), ride.rider.tracker_id))
        readings = []
        for ride in due[:MOST_CROPS]:
            crop = _crop(image, head_of(ride.rider.xyxy))
            if crop is None:
                continue
            label, score = self._classifier.classify(crop)
            rider = ride.rider.tracker_id
            self._read[rider] = (self._times(ride) + 1, at_s)
            readings.append(HeadReading(rider, label, score, _height_px(ride, image.shape[0]), at_s))
        return readings

    def _times(self, ride: Ride) -> int:
        return self._read.get(ride.rider.tracker_id, (0, 0.0))[0]

    def _is_due(self, ride: Ride, height: int, at_s: float) -> bool:
        times, read_s = self._read.get(ride.rider.tracker_id, (0, float("-inf")))
        return times < ENOUGH and at_s - read_s >= EVERY_S - 1e-9 and _height_px(ride, height) >= self._min_px


def _rides(person: Xyxy, bike: Xyxy) -> bool:
    middle, feet, high = (person[0] + person[2]) / 2, person[3], bike[3] - bike[1]
    return (
        bike[0] <= middle <= bike[2]
        and bike[1] < feet <= bike[3] + 0.1 * high
        and person[1] < bike[1]
        and _within(person, bike) >= _LEAST_WITHIN
    )


def _within(person: Xyxy, bike: Xyxy) -> float:
    """Share of a person's width that is over a bike."""
    return (min(person[2], bike[2]) - max(person[0], bike[0])) / max(person[2] - person[0], 1e-9)


def _height_px(ride: Ride, height: int) -> float:
    _, y1, _, y2 = head_of(ride.rider.xyxy)
    return (y2 - y1) * height


def _crop(image: NDArray[np.uint8], head: Xyxy) -> NDArray[np.uint8] | None:
    """A square about the head, as far as it is in the picture; nothing when almost nothing is."""
    height, width = image.shape[:2]
    side = (head[3] - head[1]) * height
    x, y = (head[0] + head[2]) / 2 * width, (head[1] + head[3]) / 2 * height
    reach = side * (0.5 + MARGIN)
    left, top = max(round(x - reach), 0), max(round(y - reach), 0)
    right, bottom = min(round(x + reach), width), min(round(y + reach), height)
    if right - left < _LEAST_PX or bottom - top < _LEAST_PX:
        return None
    return image[top:bottom, left:right]

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.perception.tracks import Track
from edge_agent.perception.traits import ENOUGH, MOST_CROPS, HeadReader, Ride, Xyxy, head_of, rides_of

BIKE: Xyxy = (0.40, 0.50, 0.60, 0.80)
RIDER: Xyxy = (0.45, 0.30, 0.55, 0.72)


def track(tracker_id: int, class_name: str, xyxy: Xyxy) -> Track:
    anchor = ((xyxy[0] + xyxy[2]) / 2, xyxy[3])
    return Track(tracker_id, 0, class_name, 0.9, xyxy, anchor, 0.0, 1.0, 10)


def ride(number: int = 1, rider: Xyxy = RIDER) -> Ride:
    return Ride(track(2 * number, "person", rider), track(2 * number + 1, "motorcycle", BIKE))


@dataclass
class Recorded:
    """Says of each head what was recorded."""

    words: list[tuple[str, float]] = field(default_factory=list)
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    name: str = "heads"

    def classify(self, crop: NDArray[np.uint8]) -> tuple[str, float]:
        self.shapes.append(crop.shape)
        return self.words.pop(0) if self.words else ("no_helmet", 0.9)


IMAGE = np.zeros((1000, 1600, 3), np.uint8)


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        pytest.param(RIDER, True, id="on it"),
        pytest.param((0.42, 0.28, 0.50, 0.70), True, id="in front, of two"),
        pytest.param((0.65, 0.30, 0.75, 0.82), False, id="beside it"),
        pytest.param((0.58, 0.30, 0.70, 0.82), False, id="walks along, close by"),
        pytest.param((0.45, 0.10, 0.55, 0.45), False, id="behind, further up the road"),
        pytest.param((0.45, 0.40, 0.55, 0.95), False, id="in front, nearer the camera"),
        pytest.param((0.45, 0.55, 0.55, 0.78), False, id="a box within the bike"),
    ],
)
def test_who_sits_on_a_motorbike_is_its_rider(person: Xyxy, *, expected: bool) -> None:
    rides = rides_of([track(1, "person", person), track(2, "motorcycle", BIKE), track(3, "car", BIKE)])
    assert [(each.rider.tracker_id, each.bike.tracker_id) for each in rides] == ([(1, 2)] if expected else [])


def test_each_rider_has_the_bike_that_they_are_most_over() -> None:
    other: Xyxy = (0.52, 0.50, 0.72, 0.80)
    rides = rides_of(
        [
            track(1, "person", RIDER),
            track(2, "person", (0.58, 0.3, 0.66, 0.7)),
            track(3, "motorcycle", BIKE),
            track(4, "motorcycle", other),
        ]
    )
    assert [(each.rider.tracker_id, each.bike.tracker_id) for each in rides] == [(1, 3), (2, 4)]


def test_a_head_is_the_top_of_a_rider() -> None:
    assert head_of((0.2, 0.1, 0.3, 0.5)) == pytest.approx((0.2, 0.1, 0.3, 0.208))


def test_a_head_is_cut_out_square_with_a_margin_and_read() -> None:
    heads = Recorded([("helmet", 0.8)])
    (reading,) = HeadReader(heads, min_px=40).read(IMAGE, [ride()], ids=frozenset({2, 3}), at_s=1.0)
    assert (reading.tracker_id, reading.label, reading.score, reading.at_s) == (2, "helmet", 0.8, 1.0)
    assert reading.size_px == pytest.approx(0.27 * 0.42 * 1000)
    height, width, _ = heads.shapes[0]
    assert (height, width) == (pytest.approx(1.3 * reading.size_px, abs=2), pytest.approx(height, abs=1))


@pytest.mark.parametrize(("min_px", "expected"), [(40.0, 1), (113.0, 1), (114.0, 0)])
def test_heads_that_are_too_small_are_not_looked_at(min_px: float, expected: int) -> None:
    heads = Recorded()
    assert expected == len(
        HeadReader(heads, min_px=min_px).read(IMAGE, [ride()], ids=frozenset({2}), at_s=1.0)
    )
    assert expected == len(heads.shapes)


def test_few_heads_a_frame_those_least_looked_at_first_and_each_enough_times() -> None:
    reader, rides = HeadReader(Recorded(), min_px=40), [ride(number) for number in range(1, 4)]
    ids = frozenset(each.rider.tracker_id for each in rides)
    frames = [
        [each.tracker_id for each in reader.read(IMAGE, rides, ids=ids, at_s=index / 10)]
        for index in range(60)
    ]
    assert frames[:3] == [[2, 4], [6, 2], [4, 6]]
    assert max(len(frame) for frame in frames) == MOST_CROPS
    seen = [tracker_id for frame in frames for tracker_id in frame]
    assert {tracker_id: seen.count(tracker_id) for tracker_id in ids} == dict.fromkeys(ids, ENOUGH)


def test_at_a_high_frame_rate_a_head_is_not_read_in_every_frame() -> None:
    reader = HeadReader(Recorded(), min_px=40)
    readings = [reader.read(IMAGE, [ride()], ids=frozenset({2}), at_s=index / 50) for index in range(25)]
    assert sum(len(each) for each in readings) == 5


def test_who_has_gone_is_forgotten() -> None:
    reader = HeadReader(Recorded(), min_px=40)
    reader.read(IMAGE, [ride()], ids=frozenset({2}), at_s=1.0)
    reader.read(IMAGE, [], ids=frozenset(), at_s=1.1)
    assert reader._read == {}


def test_a_head_at_the_edge_is_cut_at_the_edge_and_one_outside_is_left_out() -> None:
    heads = Recorded()
    reader = HeadReader(heads, min_px=8)
    assert len(reader.read(IMAGE, [ride(rider=(0.0, 0.0, 0.04, 0.4))], ids=frozenset({2}), at_s=1.0)) == 1
    assert heads.shapes[0][0] < 140
    assert reader.read(np.zeros((30, 6, 3), np.uint8), [ride()], ids=frozenset({2}), at_s=2.0) == []

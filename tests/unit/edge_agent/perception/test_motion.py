import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.perception.motion import MotionGate, mask_of
from edge_agent.perception.view import EVERYWHERE, Place, View

HEIGHT, WIDTH = 240, 320


class Street:
    """A noisy picture of nothing, with a person drawn where asked."""

    def __init__(self, noise: float = 2.0) -> None:
        rng = np.random.default_rng(3)
        ground = rng.integers(60, 160, (HEIGHT, WIDTH, 3))
        self._pictures = [
            (ground + rng.normal(0, noise, ground.shape)).clip(0, 255).astype(np.uint8) for _ in range(23)
        ]
        self._taken = 0

    def picture(self, person_x: int | None = None, *, darker: float = 0.0) -> NDArray[np.uint8]:
        self._taken += 1
        image = self._pictures[self._taken % len(self._pictures)] - np.uint8(darker)
        if person_x is not None:
            image[100:130, person_x : person_x + 10] = 230
        return image


def opened(gate: MotionGate, street: Street, start_s: float, end_s: float, *, moving: bool) -> list[float]:
    """Times between start and end, 10 frames a second, at which the gate is open."""
    times = [start_s + index / 10 for index in range(round((end_s - start_s) * 10))]
    return [
        at_s
        for at_s in times
        if gate.is_open(street.picture(int(25 + (at_s - start_s) * 20) if moving else None), at_s)
    ]


@pytest.mark.parametrize("noise", [0.5, 2.0, 5.0])
def test_on_an_empty_street_the_gate_opens_only_to_make_sure(noise: float) -> None:
    gate, street = MotionGate(), Street(noise)
    opened(gate, street, 0.0, 12.0, moving=False)
    quiet = opened(gate, street, 12.0, 22.0, moving=False)
    assert len(quiet) in {4, 5}
    assert np.diff(quiet) == pytest.approx(2.0)


def test_somebody_who_walks_in_opens_it_at_once_and_for_as_long_as_he_walks() -> None:
    gate, street = MotionGate(), Street()
    opened(gate, street, 0.0, 10.0, moving=False)
    assert len(opened(gate, street, 10.0, 15.0, moving=True)) == 50


def test_it_stays_open_for_a_while_after_motion() -> None:
    gate, street = MotionGate(), Street()
    opened(gate, street, 0.0, 5.0, moving=False)
    opened(gate, street, 5.0, 7.0, moving=True)
    after = opened(gate, street, 7.0, 7.9, moving=False)
    assert len(after) == 9


def test_a_thing_that_was_left_standing_becomes_background() -> None:
    gate, street = MotionGate(), Street()
    opened(gate, street, 0.0, 5.0, moving=False)
    times = [5.0 + index / 10 for index in range(300)]
    late = [at_s for at_s in times if gate.is_open(street.picture(150), at_s) and at_s > 25.0]
    assert np.diff(late) == pytest.approx(2.0)


def test_light_that_changes_slowly_is_not_motion() -> None:
    gate, street = MotionGate(), Street()
    opened(gate, street, 0.0, 10.0, moving=False)
    times = [10.0 + index / 10 for index in range(200)]
    dusk = [at_s for at_s in times if gate.is_open(street.picture(darker=1.5 * (at_s - 10.0)), at_s)]
    assert len(dusk) <= 20


def test_the_first_picture_and_a_new_size_are_looked_at() -> None:
    gate = MotionGate()
    assert gate.is_open(np.zeros((480, 640, 3), np.uint8), 0.0)
    assert gate.is_open(np.zeros((240, 320, 3), np.uint8), 0.1)


def test_a_tiny_picture_has_pixels_too() -> None:
    gate = MotionGate()
    gate.is_open(np.zeros((8, 8, 3), np.uint8), 0.0)
    assert gate.is_open(np.full((8, 8, 3), 200, np.uint8), 5.0)


YARD = View((Place(((0.5, 0.4), (0.7, 0.4), (0.7, 0.7), (0.5, 0.7)), 0.05),))


def test_a_tree_that_waves_outside_the_watched_places_does_not_open_the_gate() -> None:
    gate, street = MotionGate(view=YARD), Street()
    rng = np.random.default_rng(5)
    times = [index / 10 for index in range(200)]
    late = []
    for at_s in times:
        image = street.picture()
        image[20:180, 10:90] = rng.integers(0, 255, (160, 80, 1))  # leaves
        if gate.is_open(image, at_s) and at_s > 5.0:
            late.append(at_s)
    assert np.diff(late) == pytest.approx(2.0)


@pytest.mark.parametrize(("x", "expected"), [(60, False), (170, True), (225, True), (290, False)])
def test_motion_counts_in_the_watched_places_and_within_their_reach(x: int, *, expected: bool) -> None:
    gate, street = MotionGate(view=YARD), Street()
    opened(gate, street, 0.0, 12.0, moving=False)
    # It opened to make sure at 11.0 s and would do so again at 13.0 s.
    assert gate.is_open(street.picture(x), 12.5) is expected


def test_the_watched_part_is_looked_at_more_densely_but_at_most_twice() -> None:
    far = View((Place(((0.5, 0.5), (0.6, 0.5), (0.6, 0.6)), 0.0),))
    image = np.full((1080, 1920, 3), 90, np.uint8)
    seen, dot = [], 9
    for view in (far, EVERYWHERE):
        gate = MotionGate(view=view)
        for index in range(30):
            gate.is_open(image, index / 10)
        changed = image.copy()
        changed[560 : 560 + dot, 1060 : 1060 + dot] = 250
        seen.append(gate.is_open(changed, 2.95))
    assert seen == [True, False]


def test_the_mask_reaches_up_further_than_down() -> None:
    view = View((Place(((0.4, 0.5), (0.6, 0.5)), 0.1),))
    mask = mask_of(view, 101, 101)
    rows, columns = np.nonzero(mask)
    assert (rows.min(), rows.max()) == (25, 60)
    assert (columns.min(), columns.max()) == (30, 70)
    assert mask_of(EVERYWHERE, 3, 4).all()

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from fakes.lamp_pictures import COLOURS, HEIGHT, WIDTH, Box, View, boxes, picture

from edge_agent.perception.lamps import UNREADABLE, Glow, read_signal

BELIEVED = 0.7
SIZES = (4, 8, 16)
DAY = View()
NIGHT = View(ambient=0.01, emits=3, sky=0.01, halo=0.1, noise=6)
VIEWS = {
    "day": DAY,
    "bright sun": View(ambient=1.0, emits=1.2, sky=1.2),
    "bright sun, weak lamps": View(ambient=1.0, emits=0.5),
    "underexposed": View(exposure=0.25),
    "dusk": View(ambient=0.1, sky=0.15, noise=5),
    "night": NIGHT,
    "night, wide halo": View(ambient=0.01, emits=20, sky=0.005, halo=0.15, noise=8),
    "night, short exposure": View(ambient=0.005, emits=0.6, sky=0.005, halo=0.05, noise=8),
    "overexposed": View(ambient=0.8, emits=4, exposure=2.5, halo=0.06),
    "overexposed hard": View(ambient=1, emits=10, exposure=4, halo=0.1),
    "against a bright sky": View(ambient=0.15, emits=0.5, sky=3, exposure=0.6, veil=0.05),
    "against the sun": View(ambient=0.15, emits=0.6, sky=4, exposure=0.6, veil=0.25),
}


HARD = {"overexposed hard", "against the sun"}


def read(view: View, lit: Sequence[str], colours: Sequence[str] = COLOURS, seed: int = 0) -> Glow:
    lamps, box = boxes(view, colours)
    return read_signal(picture(view, tuple(lit), seed), lamps, box)


def word(glow: Glow) -> str:
    return glow.colour if glow.confidence >= BELIEVED else "unknown"


def words(name: str, lit: Sequence[str], colours: Sequence[str]) -> Counter[str]:
    """What is read at every size, and how often."""
    return Counter(
        word(read(replace(VIEWS[name], size_px=size), lit, colours, seed)) for size in SIZES for seed in (1,)
    )


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("day", 1.0),
        ("bright sun", 1.0),
        ("bright sun, weak lamps", 1.0),
        ("underexposed", 1.0),
        ("dusk", 1.0),
        ("night", 1.0),
        ("night, wide halo", 1.0),
        ("night, short exposure", 1.0),
        ("overexposed", 0.8),
        ("overexposed hard", 0.4),
        ("against a bright sky", 0.9),
        ("against the sun", 0.65),
    ],
)
def test_what_is_lit_is_read_or_not_known_but_never_taken_for_another(name: str, least: float) -> None:
    right = total = 0
    for lit in ("red", "amber", "green", "off"):
        found = words(name, [] if lit == "off" else [lit], COLOURS)
        assert set(found) <= {lit, "unknown"}
        right, total = right + found[lit], total + found.total()
    assert right / total >= least


@pytest.mark.parametrize("name", [name for name in VIEWS if name not in HARD])
@pytest.mark.parametrize("colours", [("red",), ("red", "green")])
def test_red_is_read_with_fewer_lamps_given(name: str, colours: tuple[str, ...]) -> None:
    assert set(words(name, ["red"], colours)) == {"red"}
    assert "red" not in words(name, ["green"], colours)
    assert "red" not in words(name, [], colours)


@pytest.mark.parametrize(
    ("lit", "expected"),
    [
        (("red", "amber"), "red"),
        (("red", "green"), "unknown"),
        (("amber", "green"), "unknown"),
        (("red", "amber", "green"), "unknown"),
    ],
)
def test_lamps_that_are_never_lit_together_are_no_reading(lit: tuple[str, ...], expected: str) -> None:
    assert expected == word(read(DAY, lit))


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
@pytest.mark.parametrize("name", ["day", "night, wide halo", "overexposed", "against a bright sky"])
def test_boxes_drawn_a_little_off_do_not_turn_one_colour_into_another(name: str, share: float) -> None:
    view = replace(VIEWS[name], size_px=12)
    lamps, box = boxes(view)
    off = share * view.size_px
    for lit in COLOURS:
        for dx, dy in ((off, 0), (-off, 0), (0, off), (0, -off)):
            moved = {colour: _moved(lamp, dx, dy) for colour, lamp in lamps.items()}
            assert word(read_signal(picture(view, (lit,), 1), moved, _moved(box, dx, dy))) in {lit, "unknown"}


def _moved(box: Box, dx: float, dy: float) -> Box:
    return (box[0] + dx / WIDTH, box[1] + dy / HEIGHT, box[2] + dx / WIDTH, box[3] + dy / HEIGHT)


@pytest.mark.parametrize("colours", [COLOURS, ("red", "green"), ("red",)])
def test_the_sun_on_a_dark_red_lens_is_not_red(colours: tuple[str, ...]) -> None:
    rng = np.random.default_rng(3)
    for size in (6, 10, 18):
        view = replace(DAY, size_px=size)
        lamps, box = boxes(view, colours)
        centre = boxes(view)[0]["red"]
        at = (round((centre[0] + centre[2]) / 2 * WIDTH), round((centre[1] + centre[3]) / 2 * HEIGHT))
        for _ in range(5):
            glare = picture(view, ()).copy()
            cv2.circle(glare, at, max(1, round(size * rng.uniform(0.2, 0.6))), (255, 255, 255), -1)
            glare = np.asarray(cv2.GaussianBlur(glare, (0, 0), size * 0.12), np.uint8)
            assert word(read_signal(glare, lamps, box)) != "red"


@pytest.mark.parametrize("bgr", [(30, 30, 200), (20, 20, 90), (200, 200, 200), (0, 0, 0), (255, 255, 255)])
def test_something_of_one_colour_before_the_whole_signal_is_not_red(bgr: tuple[int, int, int]) -> None:
    hidden = np.full((HEIGHT, WIDTH, 3), bgr, np.uint8)
    for colours in (COLOURS, ("red",), ("red", "green")):
        lamps, box = boxes(DAY, colours)
        assert word(read_signal(hidden, lamps, box)) != "red"


def test_a_picture_pressed_hard_is_read() -> None:
    for quality in (25, 50):
        for lit in COLOURS:
            packed = cv2.imencode(".jpg", picture(NIGHT, (lit,)), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
            unpacked = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
            assert word(read_signal(unpacked, *boxes(NIGHT))) == lit


@pytest.mark.parametrize(
    "box",
    [
        pytest.param((0.5, 0.2, 0.51, 0.3), id="narrower than three pixels"),
        pytest.param((0.995, 0.2, 1.0, 0.3), id="at the edge of the picture"),
    ],
)
def test_lamps_that_are_too_small_are_unreadable(box: Box) -> None:
    assert read_signal(picture(DAY, ("red",)), {"red": box}, (0.4, 0.1, 1.0, 0.9)) == UNREADABLE


def test_a_single_lamp_without_anything_to_compare_it_with_is_unreadable() -> None:
    lamps, _ = boxes(DAY, ("red",))
    shot = picture(DAY, ("red",))
    assert read_signal(shot, lamps) == UNREADABLE
    assert read_signal(shot, lamps, lamps["red"]) == UNREADABLE
    assert read_signal(shot, {}) == UNREADABLE

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.rules.sight import LampReading
from edge_agent.rules.signal_state import MOST_PHASES, Colour, SignalWatch, majority

R, A, G, OFF = "red", "amber", "green", "off"
Read = tuple[float, str, float]


def lamps(*parts: tuple[float, str], fps: float = 10.0, confidence: float = 0.95) -> list[Read]:
    """Readings of colours that last so many seconds each."""
    reads: list[Read] = []
    begins = 0.0
    for lasts_s, colour in parts:
        count = round(lasts_s * fps)
        reads += [(begins + i / fps, colour, confidence if colour else 0.2) for i in range(count)]
        begins += lasts_s
    return reads


def watched(reads: list[Read], *, told: bool = False, stale_s: float = 5.0) -> SignalWatch:
    watch = SignalWatch(stale_s)
    for at_s, colour, confidence in reads:
        watch.observe(LampReading(colour, confidence, at_s, told), at_s)
    return watch


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        pytest.param(lamps((3, R)), Colour.RED, id="red"),
        pytest.param(lamps((3, G)), Colour.GREEN, id="green"),
        pytest.param(lamps((3, A)), Colour.AMBER, id="amber"),
        pytest.param(lamps((3, OFF)), Colour.OFF, id="dark"),
        pytest.param(lamps((3, "purple")), Colour.UNKNOWN, id="no colour of a signal"),
        pytest.param(lamps((3, R), confidence=0.69), Colour.UNKNOWN, id="not sure enough"),
        pytest.param(lamps((3, R), confidence=0.7), Colour.RED, id="just sure enough"),
        pytest.param(lamps((0.4, R)), Colour.UNKNOWN, id="four readings are too few"),
        pytest.param(lamps((0.5, R)), Colour.RED, id="five are enough"),
        pytest.param(lamps((2, G), (0.2, R)), Colour.GREEN, id="two reds are not yet red"),
        pytest.param(lamps((2, G), (0.3, R)), Colour.RED, id="three are"),
        pytest.param(lamps((2, R), (0.2, G), (0.1, "")), Colour.UNKNOWN, id="no majority"),
        pytest.param(lamps((3, G), *[(0.5, A), (0.5, OFF)] * 4, (0.5, A)), Colour.FLASHING, id="amber"),
        pytest.param(lamps((9, R), *[(0.5, OFF), (0.5, R)] * 4), Colour.FLASHING, id="flashing red"),
        pytest.param(lamps((9, R), *[(0.5, ""), (0.5, R)] * 4), Colour.FLASHING, id="unread in between"),
        pytest.param(lamps((9, R), *[(0.5, OFF), (0.5, R)] * 4, (3, R)), Colour.RED, id="steady again"),
    ],
)
def test_a_signal_shows_what_most_readings_say(reads: list[Read], expected: Colour) -> None:
    assert expected == watched(reads).colour


def test_no_flash_of_a_blinking_amber_is_ever_red() -> None:
    watch = SignalWatch()
    for at_s, colour, confidence in lamps(*[(0.5, A), (0.5, OFF)] * 30):
        watch.observe(LampReading(colour, confidence, at_s), at_s)
        assert watch.red_since_s is None


def test_red_is_dated_to_its_first_reading_not_to_when_it_was_believed() -> None:
    watch = watched(lamps((2, G), (3, A), (2, R)))
    assert watch.red_since_s == pytest.approx(5.0)
    phase = watch.held(Colour.RED, 5.0, 6.5)
    assert phase is not None
    assert phase.since_s == pytest.approx(5.0)


@pytest.mark.parametrize("fps", [5.0, 10.0, 15.0])
@pytest.mark.parametrize("dropped", [0.0, 0.2])
def test_frame_rate_and_dropped_frames_move_the_onset_by_a_frame_at_most(fps: float, dropped: float) -> None:
    rng = random.Random(7)
    reads = [each for each in lamps((4, G), (4, R), fps=fps) if rng.random() >= dropped]
    since_s = watched(reads).red_since_s
    assert since_s is not None
    assert 4.0 <= since_s <= 4.0 + 3 / fps


def test_a_moment_is_settled_two_readings_later() -> None:
    watch = watched(lamps((2, R)))
    assert watch.at(1.71) is None
    assert watch.at(1.7) is not None


@pytest.mark.parametrize(
    ("hidden_s", "since_s"),
    [
        pytest.param(1.5, 2.0, id="a lorry passes"),
        pytest.param(4.0, 9.0, id="hidden for longer than a cycle may hide"),
    ],
)
def test_red_that_was_hidden_for_a_moment_goes_on(hidden_s: float, since_s: float) -> None:
    watch = watched(lamps((2, G), (3, R), (hidden_s, ""), (3, R)))
    assert watch.red_since_s == pytest.approx(since_s)
    hidden = watch.at(5 + hidden_s / 2)
    assert hidden is not None
    assert hidden.colour is Colour.UNKNOWN


@pytest.mark.parametrize("lit_s", [0.6, 1.5, 4.0])
def test_a_few_misreadings_in_a_row_do_not_begin_the_red_anew(lit_s: float) -> None:
    watch = watched(lamps((2, G), (lit_s, R), (0.3, ""), (2, R)))
    assert watch.red_since_s == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("shown", "misread", "since_s"),
    [
        pytest.param(R, G, 2.0, id="a green that never was"),
        pytest.param(G, R, None, id="a red that never was"),
    ],
)
def test_no_signal_changes_for_less_than_a_second_and_back(
    shown: str, misread: str, since_s: float | None
) -> None:
    watch = watched(lamps((2, A), (3, shown), (0.5, misread), (3, shown)))
    phase = watch.at(8.0)
    assert phase is not None
    assert phase.since_s == pytest.approx(2.0)
    assert watch.red_since_s == (None if since_s is None else pytest.approx(since_s))


def test_red_before_and_after_a_green_is_not_one_red() -> None:
    watch = watched(lamps((3, R), (3, G), (3, R)))
    assert watch.held(Colour.RED, 1.0, 8.0) is None
    assert watch.held(Colour.RED, 6.5, 8.0) is not None


@given(seed=st.integers(0, 10_000))
def test_single_wrong_readings_change_nothing(seed: int) -> None:
    rng = random.Random(seed)
    reads = lamps((10, R))
    for start in range(0, 100, 5):
        place = start + rng.randrange(3)
        reads[place] = (reads[place][0], rng.choice([G, A, OFF, ""]), rng.random())
    watch = watched(reads)
    assert (watch.colour, watch.red_since_s) == (Colour.RED, pytest.approx(0.2, abs=0.2))


def test_no_readings_for_two_seconds_and_nobody_knows() -> None:
    watch = watched(lamps((3, R)))
    watch.observe(None, 4.8)
    assert watch.colour is Colour.RED
    watch.observe(None, 5.0)
    assert watch.colour is Colour.UNKNOWN
    assert watch.red_since_s is None


def test_readings_before_and_after_a_gap_are_not_counted_together() -> None:
    reads = lamps((3, R))
    watch = watched([*reads, (10.0, R, 0.9), (10.1, R, 0.9)])
    assert watch.colour is Colour.UNKNOWN


# A controller's word.


def test_one_word_of_a_controller_is_enough() -> None:
    watch = watched([(1.0, R, 1.0)], told=True)
    assert watch.red_since_s == 1.0
    assert watch.at(1.0) is not None


def test_the_same_word_given_with_every_frame_is_one_word_and_goes_stale() -> None:
    watch = SignalWatch(stale_s=5.0)
    word = LampReading(R, 1.0, 1.0, told=True)
    for tenth in range(10, 60):
        watch.observe(word, tenth / 10)
    assert watch.colour is Colour.RED
    assert watch.at(4.9) is not None
    for tenth in range(60, 75):
        watch.observe(word, tenth / 10)
    assert watch.colour is Colour.UNKNOWN


def test_a_controller_that_falls_silent_leaves_the_signal_unknown_at_once_it_is_stale() -> None:
    watch = watched([(float(second), R, 1.0) for second in range(4)], told=True, stale_s=3.0)
    watch.observe(None, 6.0)
    assert watch.colour is Colour.RED
    watch.observe(None, 6.2)
    assert watch.colour is Colour.UNKNOWN


def test_a_controller_that_repeats_itself_keeps_the_first_time() -> None:
    watch = watched([(second / 2, R, 1.0) for second in range(20)], told=True)
    assert watch.red_since_s == 0.0


def test_between_two_polls_that_differ_nobody_knows() -> None:
    watch = watched(
        [*((n / 2, R, 1.0) for n in range(6)), *((n / 2, G, 1.0) for n in range(6, 10))], told=True
    )
    torn = watch.at(2.75)
    assert torn is not None
    assert torn.colour is Colour.UNKNOWN
    assert watch.held(Colour.RED, 1.0, 2.5) is not None
    assert watch.held(Colour.RED, 1.0, 2.7) is None


def test_a_controller_that_speaks_only_of_changes_is_believed_until_it_does() -> None:
    watch = SignalWatch(stale_s=120.0)
    word = LampReading(R, 1.0, 0.0, told=True)
    for tenth in range(300):
        watch.observe(word, tenth / 10)
    word = LampReading(G, 1.0, 30.0, told=True)
    for tenth in range(300, 330):
        watch.observe(word, tenth / 10)
    assert watch.held(Colour.RED, 0.5, 29.9) is not None
    assert watch.colour is Colour.GREEN


def test_the_lamps_are_asked_only_when_the_controller_is_silent() -> None:
    watch = watched([(0.0, G, 1.0)], told=True, stale_s=3.0)
    for at_s, colour, confidence in lamps((8, R)):
        watch.observe(LampReading(colour, confidence, at_s), at_s)
        if at_s < 3.0:
            assert watch.colour is Colour.GREEN
    assert watch.red_since_s == pytest.approx(3.2, abs=0.2)


def test_a_pause_forgets() -> None:
    watch = watched(lamps((3, R)))
    watch.forget()
    assert (watch.colour, watch.at(1.0)) == (Colour.UNKNOWN, None)


def test_years_of_cycles_leave_no_more_than_so_many_phases() -> None:
    watch = watched(lamps(*[(1.0, R), (1.0, G), (1.0, A)] * 60))
    assert len(watch._phases) == MOST_PHASES


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ([Colour.RED] * 3 + [Colour.GREEN] * 2, Colour.RED),
        ([Colour.RED] * 2 + [Colour.GREEN] * 2 + [Colour.OFF], Colour.UNKNOWN),
        ([Colour.UNKNOWN] * 3 + [Colour.RED] * 2, Colour.UNKNOWN),
    ],
)
def test_three_of_five_are_a_majority(word: list[Colour], expected: Colour) -> None:
    assert expected == majority(word)

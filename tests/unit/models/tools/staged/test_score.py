"""Which events count as right."""

import pytest
from staged.score import Tally, tally
from staged.staging import Expected

RUN = "red_light_run"


@pytest.mark.parametrize(
    ("expected", "found", "counts"),
    [
        ([], [], (0, 0, 0)),
        ([(RUN, 1, 5.0)], [(RUN, 1, 5.0)], (1, 1, 1)),
        ([(RUN, 1, 5.0)], [(RUN, 1, 7.0)], (1, 1, 1)),
        ([(RUN, 1, 5.0)], [(RUN, 1, 7.1)], (0, 1, 1)),
        ([(RUN, 1, 5.0)], [(RUN, 2, 5.0)], (0, 1, 1)),
        ([(RUN, 1, 5.0)], [("wrong_way", 1, 5.0)], (0, 1, 1)),
        ([(RUN, 1, 5.0)], [(RUN, 1, 4.5), (RUN, 1, 5.5)], (1, 1, 2)),
        ([(RUN, 1, 5.0), (RUN, 1, 6.0)], [(RUN, 1, 5.9), (RUN, 1, 5.1)], (2, 2, 2)),
        ([(RUN, 1, 5.0)], [], (0, 1, 0)),
        ([], [(RUN, -1, 5.0)], (0, 0, 1)),
    ],
    ids=[
        "nothing", "the same", "just in time", "too late", "another object", "another kind", "told twice",
        "two of one object", "missed", "of no object",
    ],
)  # fmt: skip
def test_an_event_is_right_when_it_is_of_the_same_object_within_two_seconds(
    expected: list[tuple[str, int, float]],
    found: list[tuple[str, int, float]],
    counts: tuple[int, int, int],
) -> None:
    made = tally([Expected(*each) for each in expected], [Expected(*each) for each in found])
    assert (made.matched, made.expected, made.found) == counts


@pytest.mark.parametrize(
    ("counts", "met"),
    [
        ((0, 0, 0), True),
        ((19, 20, 20), True),
        ((18, 20, 18), True),
        ((17, 20, 17), False),
        ((18, 18, 19), False),
        ((0, 0, 1), False),
        ((0, 1, 0), False),
    ],
    ids=[
        "nothing",
        "both at the bar",
        "recall at the bar",
        "recall below",
        "precision below",
        "false",
        "missed",
    ],
)
def test_the_bars(counts: tuple[int, int, int], met: bool) -> None:  # noqa: FBT001  a case of the table
    assert Tally(*counts).met is met


def test_tallies_add_up() -> None:
    assert Tally(1, 2, 3) + Tally(4, 5, 6) == Tally(5, 7, 9)

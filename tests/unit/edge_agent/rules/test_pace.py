import random

import pytest

from edge_agent.rules.pace import DEPTH, LENGTHS_PER_M, Pace, pace
from edge_agent.rules.paths import Step


def steps(
    speed: tuple[float, float],
    *,
    metres: tuple[float, float] | None = None,
    tremble: float = 0.0,
    count: int = 11,
) -> list[Step]:
    """Ten a second, at so many frame heights a second; an object a tenth of the picture in size."""
    rng = random.Random(1)
    made = []
    for index in range(count):
        at_s = index / 10
        x, y = (0.5 + part * at_s + rng.uniform(-tremble, tremble) for part in speed)
        east, north = (None, None) if metres is None else (metres[0] * at_s, metres[1] * at_s)
        made.append(Step(at_s, x, y, east, north, 0.1))
    return made


def test_the_pace_is_the_slope_of_the_steps() -> None:
    found = pace(steps((0.2, -0.1), metres=(3.0, 4.0)), 0.5)
    assert found is not None
    assert (found.x, found.y) == (pytest.approx(0.2), pytest.approx(-0.1))
    assert (found.east_ms, found.north_ms) == (pytest.approx(3.0), pytest.approx(4.0))
    assert found.size == pytest.approx(0.1)


def test_trembling_weighs_little() -> None:
    found = pace(steps((0.2, 0.0), tremble=0.004), 0.5)
    assert found is not None
    assert found.x == pytest.approx(0.2, abs=0.01)
    assert found.y == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_steps_have_no_pace(count: int) -> None:
    assert pace(steps((0.2, 0.0), count=count), 0.5) is None


def test_one_step_without_a_place_on_the_ground_makes_the_metres_unknown() -> None:
    made = steps((0.2, 0.0), metres=(1.0, 0.0))
    made[4] = Step(0.4, 0.58, 0.5, None, None, 0.1)
    found = pace(made, 0.5)
    assert found is not None
    assert found.east_ms is None


@pytest.mark.parametrize(
    ("found", "kmh", "expected"),
    [
        pytest.param(Pace(9.0, 9.0, 0.3, 0.4, 0.1), 2.0, True, id="half a metre a second is 1.8 km/h"),
        pytest.param(Pace(0.0, 0.0, 0.3, 0.5, 0.1), 2.0, False, id="metres count where they are known"),
        pytest.param(Pace(0.1 * LENGTHS_PER_M * 0.5, 0.0, None, None, 0.1), 2.0, True, id="lengths, across"),
        pytest.param(Pace(0.1 * LENGTHS_PER_M * 0.6, 0.0, None, None, 0.1), 2.0, False, id="faster across"),
        pytest.param(
            Pace(0.0, 0.1 * LENGTHS_PER_M * 0.5 * DEPTH, None, None, 0.1), 2.0, True, id="up and down"
        ),
        pytest.param(Pace(0.0, 0.1 * LENGTHS_PER_M * 0.6 * DEPTH, None, None, 0.1), 2.0, False, id="faster"),
    ],
)
def test_slower_than(found: Pace, kmh: float, expected: bool) -> None:  # noqa: FBT001  a column of the table
    assert expected == found.is_below(kmh)

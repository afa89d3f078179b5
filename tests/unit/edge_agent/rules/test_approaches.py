import pytest
from fakes.staged_tracks import Point, staged, straight, walk

from edge_agent.perception.tracks import Tracks
from edge_agent.rules.approaches import Approach, Approaches
from edge_agent.rules.moment import moment_of
from edge_agent.scene.scene import Lane, Line

STOP = Line(id="stop", start=(0.3, 0.5), end=(0.7, 0.5))
LANE = Lane(id="up", polygon=((0.3, 0.5), (0.6, 0.5), (0.6, 0.9), (0.3, 0.9)), direction=(0.0, -1.0))
TURN = ((0.5, 0.3), (0.9, 0.3), (0.9, 0.48), (0.5, 0.48))
JUNCTION = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.35), (0.0, 0.35))


def followed(
    points: list[Point], *, classes: tuple[str, ...] = ("car",)
) -> tuple[Approaches, Approach | None]:
    """The approaches after a car has gone along these points, and the car's once it is clear of the line."""
    approaches = Approaches(STOP, LANE, classes, turns=(TURN,), junction=JUNCTION)
    clear = None
    for frame in staged(walk(points), class_name="car"):
        clear = next(iter(approaches.step(moment_of(frame))), None)
    return approaches, clear


@pytest.mark.parametrize(
    ("points", "is_open"),
    [
        pytest.param(straight((0.45, 0.8), (0.45, 0.4), 20), True, id="from the lane, over the line"),
        pytest.param(straight((0.65, 0.8), (0.65, 0.4), 20), False, id="from beside the lane"),
        pytest.param(straight((0.45, 0.4), (0.45, 0.8), 20), False, id="the other way"),
        pytest.param(straight((0.45, 0.8), (0.45, 0.497), 20), False, id="not clear of the line"),
        pytest.param(straight((0.45, 0.503), (0.45, 0.4), 20), False, id="never clear before the line"),
        pytest.param(
            straight((0.45, 0.8), (0.45, 0.4), 20) + straight((0.45, 0.4), (0.45, 0.6), 9),
            False,
            id="and back",
        ),
        pytest.param(
            [*straight((0.45, 0.8), (0.45, 0.6), 9), (0.8, 0.6), (0.8, 0.4), (0.45, 0.4)],
            False,
            id="round the end",
        ),
    ],
)
def test_a_passage_is_open(points: list[Point], is_open: bool) -> None:  # noqa: FBT001  a column of the table
    _, clear = followed(points)
    assert is_open == (clear is not None)


def test_a_passage_knows_its_times() -> None:
    _, clear = followed([(0.45, 0.56), (0.45, 0.54), (0.45, 0.52), (0.45, 0.48), (0.45, 0.44)])
    assert clear is not None
    passage = clear.passage
    assert passage is not None
    assert passage.before_s == pytest.approx(0.2)
    assert passage.met_s == pytest.approx(0.25)
    assert passage.after_s == passage.clear_s == pytest.approx(0.3)
    assert passage.upstream_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("points", "turned", "entered"),
    [
        pytest.param(straight((0.45, 0.8), (0.45, 0.4), 20), False, False, id="straight on"),
        pytest.param(
            straight((0.45, 0.8), (0.45, 0.46), 20) + straight((0.46, 0.46), (0.7, 0.4), 9),
            True,
            False,
            id="turns",
        ),
        pytest.param(straight((0.45, 0.8), (0.45, 0.3), 20), False, True, id="into the junction"),
    ],
)
def test_a_passage_knows_where_it_has_led(
    points: list[Point],
    turned: bool,  # noqa: FBT001  a column of the table
    entered: bool,  # noqa: FBT001  a column of the table
) -> None:
    _, clear = followed(points)
    assert clear is not None
    assert clear.passage is not None
    assert (clear.passage.turned, clear.passage.entered) == (turned, entered)


def test_other_classes_are_not_followed_and_ended_tracks_are_forgotten() -> None:
    approaches, clear = followed(straight((0.45, 0.8), (0.45, 0.4), 20), classes=("bus",))
    assert (len(approaches), clear) == (0, None)
    approaches, _ = followed(straight((0.45, 0.8), (0.45, 0.4), 20))
    assert len(approaches) == 1
    approaches.step(moment_of(Tracks(9.0, ())))
    assert len(approaches) == 0

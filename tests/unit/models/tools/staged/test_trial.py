"""Which moments arrive, and which object a box is of."""

import pytest
from staged.staging import HEIGHT, WIDTH, Actor, Staging, Waypoint
from staged.trial import kept_moments, nearest


def _staging() -> Staging:
    actors = tuple(
        Actor(index, "wagon", "car", 100, 50, (Waypoint(0, x, 200.0), Waypoint(20, x, 200.0)))
        for index, x in ((1, 100.0), (2, 300.0))
    )
    return Staging("test", 4, "large", 20.0, "", "campus", "day", actors)


def test_every_moment_arrives_unless_frames_are_dropped() -> None:
    assert kept_moments(_staging(), 5.0, 0.0) == tuple(index / 5 for index in range(100))
    kept = kept_moments(_staging(), 15.0, 0.2)
    assert len(kept) / 300 == pytest.approx(0.8, abs=0.07)
    assert kept == kept_moments(_staging(), 15.0, 0.2)


@pytest.mark.parametrize(
    ("box", "object_id"),
    [
        ((50, 150, 150, 200), 1),
        ((260, 155, 350, 200), 2),
        ((150, 150, 250, 200), -1),
        ((100, 150, 105, 160), -1),
    ],
    ids=["the same", "much the same", "between two", "a small piece"],
)
def test_a_box_is_of_the_object_that_it_is_most_like(
    box: tuple[float, float, float, float], object_id: int
) -> None:
    xyxy = (box[0] / WIDTH, box[1] / HEIGHT, box[2] / WIDTH, box[3] / HEIGHT)
    assert nearest(_staging(), xyxy, 1.0) == object_id

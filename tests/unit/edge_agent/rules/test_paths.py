import pytest
from fakes.staged_tracks import track_at

from edge_agent.rules.paths import (
    KEEP_S,
    MOST_STEPS,
    Paths,
    Step,
    moved_lengths,
    moved_m,
    steps_since_unseen,
    travelled_m,
)
from edge_agent.scene.homography import fit_ground

SQUARE = fit_ground(
    ((0.0, 0.0, 0.0, 100.0), (1.0, 0.0, 100.0, 100.0), (1.0, 1.0, 100.0, 0.0), (0, 1, 0.0, 0.0))
)


def walked(paths: Paths, xs: list[float], gap_s: float = 0.1) -> None:
    for number, x in enumerate(xs):
        seen = track_at((x, 0.5), born_s=0.0, seen_s=number * gap_s, hits=number + 1)
        paths.observe((seen,), frozenset({1}), 1.0)


def test_metres_on_the_ground_and_lengths_in_the_picture() -> None:
    paths = Paths(SQUARE)
    walked(paths, [0.1, 0.2, 0.1])
    steps = paths.of(1).since(0.0)
    assert moved_m(steps) == pytest.approx(0.0, abs=1e-6)
    assert travelled_m(steps) == pytest.approx(20.0, abs=1e-6)
    assert moved_lengths(steps[:2]) == pytest.approx(0.1 / (0.04 * 0.1) ** 0.5)


@pytest.mark.parametrize(
    ("times", "expected"),
    [([0.0, 0.2, 0.4], 3), ([0.0, 0.2, 1.0, 1.2], 2), ([0.0, 0.7, 1.4], 1), ([0.0, 0.6, 1.2], 3), ([], 0)],
)
def test_the_latest_sights_without_a_gap(times: list[float], expected: int) -> None:
    steps = tuple(Step(at_s, 0.5, 0.5, None, None, 0.1) for at_s in times)
    assert expected == len(steps_since_unseen(steps, 0.6))


def test_without_ground_there_are_no_metres() -> None:
    paths = Paths(None)
    walked(paths, [0.1, 0.2])
    assert (moved_m(paths.of(1).since(0.0)), travelled_m(paths.of(1).since(0.0))) == (None, None)


def test_a_path_is_bounded_in_time_and_number_and_ends_with_its_track() -> None:
    paths = Paths(None)
    walked(paths, [0.5] * 2000, gap_s=0.02)
    steps = paths.of(1).steps
    assert len(steps) <= MOST_STEPS
    assert steps[-1].at_s - steps[0].at_s <= KEEP_S
    paths.observe((), frozenset(), 1.0)
    assert not paths.of(1).steps
    assert (moved_m(()), moved_lengths(())) == (None, 0.0)

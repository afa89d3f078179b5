import pytest
from fakes.staged_road import ASPECT, GROUND, LANE, Vehicle, driven, steady, surveyed

from edge_agent.rules.paths import Path, Paths, Step
from edge_agent.rules.speed import LEAST_NOISE, MOST_SAMPLES, error_kmh, pace_kmh, speed_of
from edge_agent.scene.homography import Ground, fit_ground


def path_of(kmh: float, seconds: float, *, ground: Ground | None = GROUND, jitter: float = 0.0) -> Path:
    paths = Paths(ground)
    for frame in driven([Vehicle(steady(kmh, start=14.0))], seconds, jitter=jitter, seed=2):
        paths.observe(frame.seen(), frozenset({1}), ASPECT)
    return paths.of(1)


@pytest.mark.parametrize("kmh", [20.0, 40.0, 60.0])
def test_a_steady_vehicle_has_its_speed(kmh: float) -> None:
    speed = speed_of(path_of(kmh, 2.0).since(0))
    assert speed is not None
    assert speed.kmh == pytest.approx(kmh, rel=0.01)
    assert speed.length_m == pytest.approx(kmh / 3.6 * speed.duration_s, rel=0.01)


@pytest.mark.parametrize(
    ("kmh", "seconds"),
    [
        pytest.param(20, 1.3, id="under 8 m"),
        pytest.param(100, 0.4, id="under 5 sights"),
        pytest.param(0, 5, id="stands"),
    ],
)
def test_too_short_a_way_has_no_speed(kmh: float, seconds: float) -> None:
    assert speed_of(path_of(kmh, seconds).since(0)) is None


def test_without_ground_there_is_no_speed() -> None:
    assert speed_of(path_of(40, 2.0, ground=None).since(0)) is None
    assert speed_of(()) is None


def test_one_wrong_sight_does_not_move_the_speed_but_its_error() -> None:
    steps = list(path_of(40, 2.0).since(0))
    before = speed_of(tuple(steps))
    wrong = steps[12]
    steps[12] = Step(wrong.at_s, wrong.x, wrong.y, wrong.east_m, (wrong.north_m or 0) + 6, wrong.size)
    after = speed_of(tuple(steps))
    assert before is not None
    assert after is not None
    assert after.kmh == pytest.approx(before.kmh, abs=0.6)
    sure, unsure = error_kmh(before, GROUND, ASPECT), error_kmh(after, GROUND, ASPECT)
    assert sure is not None
    assert unsure is not None
    assert unsure > 1.2 * sure


def test_errors_shrink_with_the_way_and_grow_with_noise_and_a_poor_survey() -> None:
    def error(seconds: float, *, jitter: float = 0.0, survey_m: float = 0.0) -> float:
        ground = fit_ground(surveyed(survey_m, seed=5))
        speed = speed_of(path_of(40, seconds, ground=ground, jitter=jitter).since(0))
        assert speed is not None
        found = error_kmh(speed, ground, ASPECT)
        assert found is not None
        return found

    assert error(3.0) < error(2.0) < error(1.0) < 8
    assert error(2.0, jitter=2.5 * LEAST_NOISE) > error(2.0)
    assert error(2.0, survey_m=0.6) > error(2.0)


def test_many_sights_are_thinned_out_with_both_ends_kept() -> None:
    steps = tuple(Step(i / 50, 0.5, 0.5, 0.0, 12.0 * i / 50, 0.1) for i in range(200))
    speed = speed_of(steps)
    assert speed is not None
    assert (speed.samples, speed.first, speed.last) == (MOST_SAMPLES, steps[0], steps[-1])
    assert speed.kmh == pytest.approx(43.2)


@pytest.mark.parametrize(("ground", "low", "high"), [(GROUND, 28.5, 31.5), (None, 8, 31)])
def test_a_pace_is_right_on_surveyed_ground_and_too_slow_rather_than_too_fast_without(
    ground: Ground | None, low: float, high: float
) -> None:
    steps = path_of(30, 2.0, ground=ground).since(0.5)
    kmh = pace_kmh(steps, "car")
    assert kmh is not None
    assert low < kmh < high


def test_trembling_is_no_pace() -> None:
    kmh = pace_kmh(path_of(0, 5.0, jitter=0.02).since(3.5), "car")
    assert kmh is not None
    assert kmh < 2


def test_a_young_track_has_no_pace() -> None:
    assert pace_kmh(path_of(30, 0.3).since(0), "car") is None


def test_the_lane_of_these_tests_is_long_enough() -> None:
    assert GROUND.metres_between(LANE.polygon[1], LANE.polygon[2]) == pytest.approx(43, abs=0.1)

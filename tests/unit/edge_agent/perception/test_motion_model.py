import numpy as np
import pytest

from edge_agent.perception.motion_model import Motion, anchors

BOX = np.array([[0.48, 0.3, 0.52, 0.4]])


def moving(speed: float, dt_s: float, seconds: float) -> Motion:
    """An object that goes right at a steady speed, seen every `dt_s`."""
    motion = Motion.none()
    motion.add(BOX)
    for step in range(1, round(seconds / dt_s) + 1):
        motion.predict(dt_s)
        shift = speed * dt_s * step
        motion.correct(np.array([0]), BOX + np.array([[shift, 0, shift, 0]]))
    return motion


@pytest.mark.parametrize("dt_s", [0.04, 0.1, 0.2])
def test_the_speed_is_learned_in_seconds_whatever_the_frame_rate(dt_s: float) -> None:
    motion = moving(0.1, dt_s, 3.0)
    np.testing.assert_allclose(motion.velocity, [[0.1, 0.0]], atol=0.01)


def test_a_dropped_frame_changes_nothing_in_the_prediction() -> None:
    one, other = moving(0.1, 0.1, 2.0), moving(0.1, 0.1, 2.0)
    one.predict(0.2)
    other.predict(0.1)
    other.predict(0.1)
    np.testing.assert_allclose(one.boxes(), other.boxes())
    np.testing.assert_allclose(one.velocity_spread, other.velocity_spread)
    np.testing.assert_allclose(one.tie, other.tie)
    np.testing.assert_allclose(one.at_spread, other.at_spread)


def test_doubt_grows_unseen_and_shrinks_seen() -> None:
    motion = moving(0.1, 0.1, 1.0)
    before = motion.at_spread.copy()
    motion.predict(1.0)
    assert (motion.at_spread > before).all()
    unseen = motion.at_spread.copy()
    motion.correct(np.array([0]), motion.boxes())
    assert (motion.at_spread < unseen).all()


def test_time_that_does_not_go_on_moves_nothing() -> None:
    motion = moving(0.1, 0.1, 1.0)
    before = motion.boxes()
    motion.predict(0.0)
    np.testing.assert_array_equal(before, motion.boxes())


@pytest.mark.parametrize("speed_m_s", [-6.0, -1.0, 1.0, 6.0])
def test_steady_motion_over_the_ground_is_followed_in_perspective(speed_m_s: float) -> None:
    """Against the homography itself: a camera that sees a road from 10 m (y = 1) to far away (y = 0.2)."""
    to_ground = np.array([[1.0, 0.0, -0.5], [0.0, 0.0, 8.0], [0.0, 1.0, -0.2]])
    to_picture = np.linalg.inv(to_ground)

    def seen_at(east: float, north: float) -> tuple[float, float]:
        x, y, weight = to_picture @ np.array([east, north, 1.0])
        return x / weight, y / weight

    place, later = (2.0, 20.0), (2.0, 20.0 + 0.2 * speed_m_s)
    x, y = seen_at(*place)
    motion = Motion.none()
    motion.add(np.array([[x - 0.05, y - 0.2, x + 0.05, y]]))
    near = seen_at(2.0, 20.0 + 1e-5 * speed_m_s)
    velocity = np.array([[(near[0] - x) / 1e-5, (near[1] - y) / 1e-5]])
    motion.expect(np.array([0]), velocity, 0.3)
    motion.predict(0.2, to_ground[2])
    np.testing.assert_allclose(motion.at, [seen_at(*later)], rtol=1e-4)
    np.testing.assert_allclose(motion.size, [[0.1 * 20.0 / later[1], 0.2 * 20.0 / later[1]]], rtol=1e-4)
    after = seen_at(2.0, later[1] + 1e-5 * speed_m_s)
    np.testing.assert_allclose(motion.velocity[0, 1], (after[1] - seen_at(*later)[1]) / 1e-5, rtol=1e-3)


def test_a_step_past_the_horizon_or_the_camera_stays_finite_and_bounded() -> None:
    motion = Motion.none()
    motion.add(np.concatenate([BOX, BOX, BOX]))
    motion.expect(np.array([0, 1, 2]), np.array([[0.0, 50.0], [0.0, -50.0], [0.0, 0.0]]), 0.3)
    motion.predict(0.2, np.array([0.0, 1.0, -0.4]))
    assert np.isfinite(motion.boxes()).all()
    assert (motion.size <= 1.5 * (BOX[:, 2:] - BOX[:, :2]) + 1e-9).all()


def test_what_was_expected_is_taken_back_as_if_it_had_never_been() -> None:
    expected, plain = Motion.none(), Motion.none()
    expected.add(BOX)
    plain.add(BOX)
    expected.expect(np.array([0]), np.array([[0.5, 0.0]]), 0.3)
    expected.predict(0.2)
    expected.restart(np.array([0]), BOX, np.array([0.2]))
    plain.predict(0.2)
    np.testing.assert_allclose(expected.boxes(), plain.boxes())
    np.testing.assert_allclose(expected.velocity, plain.velocity)
    np.testing.assert_allclose(expected.tie, plain.tie, rtol=0.2)
    np.testing.assert_allclose(expected.at_spread, plain.at_spread, rtol=0.1)


def test_objects_are_forgotten_together() -> None:
    motion = Motion.none()
    motion.add(np.concatenate([BOX, BOX + 0.1]))
    motion.keep(np.array([False, True]))
    np.testing.assert_allclose(motion.boxes(), BOX + 0.1)
    assert motion.velocity.shape == (1, 2)


def test_the_anchor_is_the_bottom_centre() -> None:
    at, size = anchors(BOX)
    np.testing.assert_allclose(at, [[0.5, 0.4]])
    np.testing.assert_allclose(size, [[0.04, 0.1]])

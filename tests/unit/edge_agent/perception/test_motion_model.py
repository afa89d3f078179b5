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

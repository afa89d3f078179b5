"""Fixed-point fields read back as the numbers that people use."""

from fleet.wire.messages import Event


def test_score_and_box_are_fractions() -> None:
    event = Event(1, 0, 0, "intruded", "r", "c", score_e3=875, box_e4=(0, 2500, 5000, 10_000))
    assert (event.score, event.box) == (0.875, (0.0, 0.25, 0.5, 1.0))


def test_an_event_without_a_box_has_none() -> None:
    assert Event(1, 0, 0, "intruded", "r", "c").box is None

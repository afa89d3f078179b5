import pytest

from edge_agent.rules.stay import Stay


@pytest.mark.parametrize(
    ("sights", "expected"),
    [
        pytest.param([(1.0, True), (2.0, True)], 2.0, id="seen inside all the time"),
        pytest.param([(0.5, True), (3.0, True)], 0.5, id="unseen for longer than a sample"),
        pytest.param([(0.5, False), (1.0, True), (1.5, True)], 0.5, id="outside in between"),
        pytest.param([(0.5, False)], 0.0, id="left at once"),
    ],
)
def test_seconds_between_sights_inside_add_up(sights: list[tuple[float, bool]], expected: float) -> None:
    stay = Stay.begun(0.0)
    for at_s, inside in sights:
        stay.observe(at_s, inside=inside)
    assert expected == pytest.approx(stay.dwell_s)


@pytest.mark.parametrize(("at_s", "expected"), [(4.0, False), (6.0, False), (6.1, True)])
def test_a_stay_is_over_when_the_gap_is(at_s: float, *, expected: bool) -> None:
    stay = Stay.begun(0.0)
    stay.observe(1.0, inside=True)
    stay.observe(2.0, inside=False)
    assert expected == stay.is_over(at_s, 5.0)

import pytest
from fakes.staged_walks import ASPECT, Walk, moments

from edge_agent.rules.carriers import MOST_SIGHTS, Carriers, area, gap_lengths

THING = (0.49, 0.76, 0.51, 0.8)


def watched(*walks: Walk, until_s: float = 10) -> Carriers:
    carriers = Carriers(frozenset({"person"}))
    for moment in moments(walks, until_s=until_s):
        carriers.observe(moment)
    return carriers


def stands(number: int, x: float, class_name: str = "person") -> Walk:
    return Walk(number, [(0, x, 0.8), (10, x, 0.8)], class_name)


@pytest.mark.parametrize(
    ("walks", "expected"),
    [
        pytest.param([stands(1, 0.5)], {1}, id="who touches it"),
        pytest.param([stands(1, 0.5), stands(2, 0.51)], {1, 2}, id="all who touch it"),
        pytest.param([stands(1, 0.57), stands(2, 0.43 - 0.01)], {1}, id="the closest when nobody does"),
        pytest.param([stands(1, 0.5), stands(2, 0.57)], {1}, id="not who stands by"),
        pytest.param([stands(1, 0.8)], set(), id="nobody near"),
        pytest.param([stands(1, 0.5, "dog")], set(), id="no carrier"),
        pytest.param([Walk(1, [(4.8, 0.5, 0.8), (5.0, 0.5, 0.8)])], set(), id="too young to be believed"),
    ],
)
def test_who_may_have_put_it_down(walks: list[Walk], expected: set[int]) -> None:
    assert expected == set(watched(*walks).near(THING, 4, 6, ASPECT))


def test_only_the_time_asked_for_counts() -> None:
    passes = Walk(1, [(0, 0.1, 0.8), (10, 0.9, 0.8)])
    assert set(watched(passes).near(THING, 4, 6, ASPECT)) == {1}
    assert set(watched(passes).near(THING, 7.5, 9, ASPECT)) == set()


def test_the_gap_is_in_lengths_of_the_box() -> None:
    box = (0.6, 0.6, 0.7, 0.8)
    assert gap_lengths((0.65, 0.7, 0.66, 0.71), box, 1.0) == 0.0
    assert gap_lengths((0.4, 0.7, 0.5, 0.75), box, 1.0) == pytest.approx(0.1 / (0.1 * 0.2) ** 0.5)
    assert gap_lengths(box, (0.5, 0.5, 0.5, 0.5), 1.0) == float("inf")
    assert area((0.5, 0.5, 0.4, 0.6)) == 0.0


def test_it_is_bounded_and_can_be_cleared() -> None:
    carriers = watched(*[stands(number, 0.005 * number) for number in range(1, 190)], until_s=3)
    assert len(carriers._sights) <= MOST_SIGHTS
    carriers.clear()
    assert carriers.near(THING, 0, 10, ASPECT) == {}

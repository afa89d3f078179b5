from datetime import date

import pytest

from aggregator.places.areas import Area, AreaKind, AreaTree, problems_of

MERGER = date(2025, 7, 1)
BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
P, C = AreaKind.PROVINCE, AreaKind.COMMUNE
AREAS = (
    Area("82-2025", "82", P, "Tiền Giang", valid_to=MERGER, successor="82"),
    Area("87-2025", "87", P, "Đồng Tháp", valid_to=MERGER, successor="82"),
    Area("old-commune", "1", C, "Xã cũ", "82-2025", None, MERGER, "new-commune"),
    Area("82", "82", P, "Đồng Tháp", valid_from=MERGER),
    Area("new-commune", "2", C, "Xã mới", "82", MERGER),
    Area("gone", "3", C, "Xã mất", "82-2025", None, MERGER),
    Area("beat", "", AreaKind.DUTY, "Tổ 1", "new-commune", MERGER),
)
TREE = AreaTree(AREAS)


@pytest.mark.parametrize(
    ("area", "at", "now"),
    [
        ("82-2025", BEFORE, "82-2025"),
        ("82-2025", AFTER, "82"),
        ("87-2025", AFTER, "82"),
        ("82", AFTER, "82"),
        ("gone", AFTER, ""),
        ("nowhere", AFTER, ""),
    ],
)
def test_an_area_is_itself_while_it_exists_and_its_heir_afterwards(area: str, at: date, now: str) -> None:
    assert now == TREE.resolve(area, at)


@pytest.mark.parametrize(
    ("area", "at", "path"),
    [
        ("old-commune", BEFORE, ("old-commune", "82-2025")),
        ("old-commune", AFTER, ("new-commune", "82")),
        ("beat", AFTER, ("beat", "new-commune", "82")),
        ("gone", AFTER, ()),
    ],
)
def test_the_path_upwards_is_that_of_the_day(area: str, at: date, path: tuple[str, ...]) -> None:
    assert path == TREE.path(area, at)


def test_a_province_holds_what_lies_in_it_and_what_went_into_it() -> None:
    assert TREE.within(["82"], AFTER) == {"82", "new-commune", "beat", "82-2025", "87-2025", "old-commune"}


def test_before_the_merger_it_held_less() -> None:
    assert TREE.within(["82-2025"], BEFORE) == {"82-2025", "old-commune", "gone"}


def test_a_grant_given_before_the_merger_holds_in_the_heir() -> None:
    assert TREE.within(["87-2025"], AFTER) == TREE.within(["82"], AFTER)


@pytest.mark.parametrize(
    ("areas", "words"),
    [
        ((Area("a", "", C, "A"), Area("a", "", C, "B")), "twice"),
        ((Area("a", "", C, "A", "b"),), "parent 'b' is not there"),
        ((Area("a", "", C, "A", valid_to=MERGER, successor="b"),), "successor 'b' is not there"),
        ((Area("a", "", C, "A", successor="b"), Area("b", "", C, "B")), "no end"),
        ((Area("a", "", C, "A", "b"), Area("b", "", C, "B", "a")), "above or after itself"),
        ((Area("a", "", C, "A", valid_from=MERGER, valid_to=MERGER),), "before it begins"),
    ],
)
def test_a_list_that_cannot_be_is_told(areas: tuple[Area, ...], words: str) -> None:
    assert any(words in problem for problem in problems_of(areas))


def test_a_good_list_has_no_problem() -> None:
    assert problems_of(AREAS) == []


def test_a_circle_does_not_hold_up_whoever_asks() -> None:
    tree = AreaTree((Area("a", "", C, "A", "b"), Area("b", "", C, "B", "a")))
    assert tree.path("a", AFTER) == ("a", "b")
    assert tree.within(["a"], AFTER) == {"a", "b"}

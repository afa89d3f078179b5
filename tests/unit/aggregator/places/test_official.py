from collections import Counter
from datetime import date

import pytest

from aggregator.places.areas import AreaKind, AreaTree, problems_of
from aggregator.places.official import BadAreaFileError, official_areas, read_areas

HEAD = "id,code,parent,kind,name,valid_from,valid_to,successor\n"


def test_the_official_list_has_the_official_totals_and_no_problem() -> None:
    areas = official_areas()
    today = [area for area in areas if area.is_valid(date(2026, 11, 22))]
    assert Counter(area.kind for area in today) == {
        AreaKind.PROVINCE: 28,
        AreaKind.CITY: 6,
        AreaKind.COMMUNE: 2621,
        AreaKind.WARD: 687,
        AreaKind.SPECIAL_ZONE: 13,
    }
    assert sum(area.is_valid(date(2025, 6, 30)) for area in areas) == 63
    assert problems_of(areas) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [("36-2025", "Ninh Bình"), ("77-2025", "Hồ Chí Minh"), ("46-2025", "Huế"), ("82-2025", "Đồng Tháp")],
)
def test_old_provinces_lead_to_their_heirs(before: str, after: str) -> None:
    tree = AreaTree(official_areas())
    heir = tree.get(tree.resolve(before, date(2025, 7, 1)))
    assert heir is not None
    assert after == heir.name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,name\n", "lacks code"),
        (HEAD + "a,1,,hamlet,A,,,\n", "line 2: kind 'hamlet'"),
        (HEAD + "a,1,,ward,A,1.7.2025,,\n", "2025-07-01"),
        (HEAD + ",1,,ward,A,,,\n", "id and name"),
        (HEAD + "a,1,,x,A,,,\n" * 8, "and 3 more"),
    ],
)
def test_a_bad_file_is_refused_by_line(text: str, words: str) -> None:
    with pytest.raises(BadAreaFileError, match=words):
        read_areas(text, "areas.csv")

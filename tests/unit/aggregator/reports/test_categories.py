import pytest

from aggregator.reports.categories import DEFAULTS, Category, Field, coarse
from aggregator.reports.duplicates import distance_m


def test_every_field_has_a_category_and_every_category_its_own_id() -> None:
    assert {each.field for each in DEFAULTS} == set(Field)
    assert len({each.id for each in DEFAULTS}) == len(DEFAULTS)
    assert len(Field) == 14


def test_what_is_restricted_is_never_public_nor_anonymous() -> None:
    restricted = {each.id for each in DEFAULTS if each.restricted}
    assert restricted == {"officer-conduct", "late-file"}
    assert not any(each.is_public or each.anonymous for each in DEFAULTS if each.restricted)


@pytest.mark.parametrize("each", DEFAULTS, ids=lambda each: each.id)
def test_an_agency_has_less_time_than_the_city(each: Category) -> None:
    assert each.handle.kind is each.answer.kind
    assert 0 < each.handle.minutes < each.answer.minutes


def test_a_coarse_place_is_the_same_for_a_neighbourhood_and_not_the_place() -> None:
    here = (16.46371, 107.59089)
    assert coarse(*here) == coarse(16.4699, 107.5901) == (16.465, 107.595)
    assert coarse(*here) == coarse(*here)
    assert distance_m(*here, *coarse(*here)) < 800
    assert coarse(-0.001, -0.001) == (-0.005, -0.005)

"""What a site is for, and its id, are one fact."""

import pytest

from aggregator.places.repository import Site
from aggregator.places.service import BadPlaceError, of_its_kind


@pytest.mark.parametrize(
    ("site", "said", "kind"),
    [("traffic-001", "", "traffic"), ("traffic-001", "traffic", "traffic"), ("cau-giay", "", "")],
)
def test_a_site_is_of_the_kind_that_its_id_begins_with(site: str, said: str, kind: str) -> None:
    assert of_its_kind(Site(site, "Cầu Giấy", said)).kind == kind


def test_another_kind_than_the_id_s_is_refused_with_an_id_that_would_do() -> None:
    with pytest.raises(BadPlaceError, match="traffic-cau-giay"):
        of_its_kind(Site("cau-giay", "Cầu Giấy", "traffic"))

import pytest

from fleet.wire.site_kinds import SiteKind, kind_of, site_id


@pytest.mark.parametrize("kind", SiteKind)
def test_a_site_tells_its_kind(kind: SiteKind) -> None:
    assert kind_of(site_id(kind, "hoa-binh")) is kind


@pytest.mark.parametrize("site", ["", "traffic_1", "harbour-1", "-health"])
def test_an_id_of_no_kind_tells_none(site: str) -> None:
    assert kind_of(site) is None

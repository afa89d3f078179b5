"""Places on both databases: what is written is seen, everywhere and by everybody, with its audit entry."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection, Engine, insert

from aggregator.errors import NotFoundError
from aggregator.places.areas import Area, AreaKind
from aggregator.places.cameras import CameraPlace
from aggregator.places.official import official_areas
from aggregator.places.repository import Agency, PlacesRepository, Site
from aggregator.places.routing import Route
from aggregator.places.service import BadPlaceError, PlacesService
from aggregator.storage.relational.engine import make_engine, writing
from aggregator.storage.relational.migrations.upgrade import upgrade
from aggregator.storage.relational.tables import nodes

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HUE, WARD = "46", "19750"


class Book:
    """Notes what would go into the audit log."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str]] = []

    def __call__(
        self, connection: Connection, action: str, subject: str, *, area: str, detail: Mapping[str, str]
    ) -> None:
        assert not connection.closed
        assert all(isinstance(value, str) for value in (area, *detail.values()))
        self.entries.append((action, subject))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path_factory.mktemp('places') / 'a.sqlite'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database("places")
    made = make_engine(url)
    upgrade(made)
    with writing(made) as connection:
        connection.execute(insert(nodes), [{"node": "box-1", "created_at_ms": 0}])
    yield made
    made.dispose()


@pytest.fixture
def service(engine: Engine) -> PlacesService:
    return PlacesService(PlacesRepository(engine), lambda: NOW)


@pytest.fixture
def book() -> Book:
    return Book()


def test_the_official_list_is_taken_once(service: PlacesService, book: Book) -> None:
    counts = service.import_areas(official_areas(), book, dry_run=True)
    assert (counts, book.entries) == ({"new": 3418, "changed": 0, "same": 0}, [])
    assert service.import_areas(official_areas(), book, dry_run=False) == counts
    assert service.import_areas(official_areas(), book, dry_run=False) == {
        "new": 0,
        "changed": 0,
        "same": 3418,
    }
    assert book.entries == [("areas.imported", "areas")]
    assert len(service.within(frozenset({HUE})) or ()) == 42  # itself, 40 below, and Thừa Thiên Huế before


def test_a_wrong_line_changes_nothing(service: PlacesService, book: Book) -> None:
    before = service.everything().version
    wrong = [Area("x", "", AreaKind.WARD, "X", "nowhere"), Area("y", "", AreaKind.DUTY, "Y")]
    with pytest.raises(BadPlaceError, match="nowhere"):
        service.import_areas(wrong, book, dry_run=False)
    assert (service.everything().version, book.entries) == (before, [])


def test_sites_cameras_and_nodes_find_their_area(service: PlacesService, book: Book) -> None:
    ward = next(area.id for area in official_areas() if area.parent == HUE)
    service.put_site(Site("traffic-1", "Ngã tư", "traffic", ward, lat=16.46, lon=107.59), book)
    service.move_node("box-1", "traffic-1", book)
    found = service.put_camera(
        CameraPlace("box-1", "cam-1", lat=16.46, lon=107.59, fov_deg=360, range_m=80), book
    )
    assert (found.site, found.area) == ("traffic-1", ward)
    assert service.site_of_camera("box-1", "cam-2").area == ward
    assert [each.camera for each in service.cameras_seeing(16.4603, 107.59)] == ["cam-1"]
    assert service.cameras_seeing(16.47, 107.59) == []
    assert service.sites_within(frozenset({HUE})) == {"traffic-1"}
    assert service.sites_within(frozenset({"01"})) == frozenset()
    assert [action for action, _ in book.entries] == ["site.put", "node.moved", "camera.placed"]


def test_what_another_process_changed_is_seen_within_a_second(
    engine: Engine, service: PlacesService, book: Book
) -> None:
    assert "agency-9" not in service.everything().agencies
    other = PlacesService(PlacesRepository(engine), lambda: NOW)
    other.put_agency(Agency("agency-9", "Sở"), book)
    late = PlacesService(PlacesRepository(engine), lambda: NOW, iter(range(0, 100, 2)).__next__)
    assert "agency-9" in late.everything().agencies


def test_a_route_leads_from_a_day_on_and_never_doubles_another(service: PlacesService, book: Book) -> None:
    service.put_agency(Agency("police", "Công an"), book)
    first = Route("r-1", "traffic", HUE, "police", date(2025, 7, 1))
    service.put_route(first, book)
    ward = next(area.id for area in official_areas() if area.parent == HUE)
    assert service.agency_for("traffic", ward) == "police"
    assert service.agency_for("traffic", ward, date(2025, 6, 1)) == ""
    with pytest.raises(BadPlaceError, match="end it"):
        service.put_route(Route("r-2", "traffic", HUE, "police", date(2026, 1, 1)), book)
    service.put_route(Route("r-1", "traffic", HUE, "police", date(2025, 7, 1), date(2026, 1, 1)), book)
    service.put_route(Route("r-2", "traffic", HUE, "police", date(2026, 1, 1)), book)


def test_what_is_not_there_is_told(service: PlacesService, book: Book) -> None:
    with pytest.raises(BadPlaceError, match="no agency"):
        service.put_route(Route("r", "x", "", "nobody", date(2026, 1, 1)), book)
    with pytest.raises(BadPlaceError, match="does not exist today"):
        service.put_site(Site("s", "S", area="46-2025"), book)
    with pytest.raises(BadPlaceError, match="no site"):
        service.put_camera(CameraPlace("box-1", "c", site="nowhere"), book)
    with pytest.raises(NotFoundError):
        service.move_node("nobody", "", book)
    assert book.entries == []

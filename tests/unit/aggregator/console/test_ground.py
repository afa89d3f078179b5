"""What lies under the map."""

import json
from pathlib import Path

import msgspec
import pytest

from aggregator.console.ground import BARE, MOST_BYTES, MOST_POINTS, Ground, Shape, parse_shapes, read_ground
from aggregator.errors import ConfigError

TILES = "https://tiles.example:8443/{z}/{x}/{y}.png"


def geojson(*geometries: object, **properties: object) -> bytes:
    features = [{"type": "Feature", "geometry": each, "properties": properties} for each in geometries]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_lines_and_rings_become_shapes_in_latitude_and_longitude() -> None:
    river = {"type": "LineString", "coordinates": [[107.5, 16.4], [107.6, 16.5, 3.0]]}
    lake = {"type": "Polygon", "coordinates": [[[107, 16], [108, 16], [107, 17], [107, 16]]]}
    both = {"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]}
    parts = {"type": "MultiPolygon", "coordinates": [[[[1, 2], [3, 4], [1, 2]]]]}
    ring = ((16.0, 107.0), (16.0, 108.0), (17.0, 107.0), (16.0, 107.0))
    assert parse_shapes(geojson(river, lake, both, parts, name="Hương", kind="water", lanes=2)) == (
        Shape("Hương", "water", False, ((16.4, 107.5), (16.5, 107.6))),
        Shape("Hương", "water", True, ring),
        Shape("Hương", "water", False, ((2.0, 1.0), (4.0, 3.0))),
        Shape("Hương", "water", False, ((6.0, 5.0), (8.0, 7.0))),
        Shape("Hương", "water", True, ((2.0, 1.0), (4.0, 3.0), (2.0, 1.0))),
    )


def test_a_feature_without_properties_is_just_drawn() -> None:
    feature = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    assert parse_shapes(content) == (Shape("", "other", False, ((2.0, 1.0), (4.0, 3.0))),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not JSON"),
        (b"[]", "longitude first"),
        (geojson({"type": "Point", "coordinates": [1, 2]}), "lines and polygons"),
        (geojson({"type": "LineString", "coordinates": [[1]]}), "longitude first"),
        (geojson({"type": "LineString", "coordinates": [[590000, 1800000], [1, 2]]}), "WGS 84"),
        (b" " * (MOST_BYTES + 1), "simplify"),
        (geojson({"type": "LineString", "coordinates": [[1, 2]] * (MOST_POINTS + 1)}), "simplify"),
    ],
    ids=["cut", "a list", "points", "half a position", "metres", "too long", "too many points"],
)
def test_a_file_that_is_none_is_refused_with_what_to_do(content: bytes, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_shapes(content)


@pytest.mark.parametrize(
    ("basemap", "tiles", "attribution", "said"),
    [
        ("", "https://tiles.example/{z}/{x}.png", "© city", "{y}"),
        ("", TILES, "", "map.attribution"),
        ("nowhere.geojson", "", "", "nowhere.geojson"),
    ],
)
def test_half_a_configuration_is_refused(basemap: str, tiles: str, attribution: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_ground(basemap, tiles, attribution)


def test_a_configuration_is_read_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "city.geojson"
    file.write_bytes(geojson({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}))
    shapes = (Shape("", "other", False, ((2.0, 1.0), (4.0, 3.0))),)
    assert read_ground(str(file), TILES, "© city") == Ground(TILES, "© city", shapes)
    assert (
        msgspec.json.decode(msgspec.json.encode(Ground(TILES, "© city", shapes)), type=Ground).shapes
        == shapes
    )


def test_pictures_may_come_from_the_tile_server_alone() -> None:
    assert (Ground(TILES, "© city").image_origin, BARE.image_origin) == ("https://tiles.example:8443", "")

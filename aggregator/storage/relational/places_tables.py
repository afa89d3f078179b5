"""Tables of areas, agencies, routing, sites and cameras: dated records that are ended, never rewritten.

Days are ISO 8601 texts, which sort as days do. `place_versions` has one row, whose number rises with every
change, so that readers know when what they keep in memory is old.
"""

from sqlalchemy import BigInteger, Column, Float, Index, String, Table, Text

from aggregator.storage.relational.metadata import NAME, NODE, UUID, metadata

_DAY = 10

areas = Table(
    "areas",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("code", String(16), nullable=False, server_default=""),
    Column("kind", String(16), nullable=False),
    Column("name", String(128), nullable=False),
    Column("parent", String(UUID), nullable=False, server_default=""),
    Column("valid_from", String(_DAY), nullable=False, server_default=""),
    Column("valid_to", String(_DAY), nullable=False, server_default=""),
    Column("successor", String(UUID), nullable=False, server_default=""),
    Column("outline", Text, nullable=False, server_default=""),
    Index(None, "parent"),
)
"""Areas; `outline` is a GeoJSON geometry. An empty day is no bound."""

agencies = Table(
    "agencies",
    metadata,
    Column("id", String(NAME), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("name_en", String(128), nullable=False, server_default=""),
    Column("parent", String(NAME), nullable=False, server_default=""),
    Column("email", String(254), nullable=False, server_default=""),
    Column("phone", String(32), nullable=False, server_default=""),
    Column("valid_from", String(_DAY), nullable=False, server_default=""),
    Column("valid_to", String(_DAY), nullable=False, server_default=""),
    Column("successor", String(NAME), nullable=False, server_default=""),
)
"""Agencies over their lives."""

routes = Table(
    "routes",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("category", String(NAME), nullable=False),
    Column("area", String(UUID), nullable=False, server_default=""),
    Column("agency", String(NAME), nullable=False),
    Column("valid_from", String(_DAY), nullable=False),
    Column("valid_to", String(_DAY), nullable=False, server_default=""),
    Index(None, "category", "area"),
)
"""Which agency a case goes to; `*` is every category, an empty area everywhere."""

sites = Table(
    "sites",
    metadata,
    Column("id", String(NAME), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("kind", String(NAME), nullable=False, server_default=""),
    Column("area", String(UUID), nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default=""),
    Column("lat", Float(53)),
    Column("lon", Float(53)),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("closed_at_ms", BigInteger),
    Index(None, "area"),
)
"""Places where nodes stand: a junction, a hospital, a one-stop shop, a station."""

cameras = Table(
    "cameras",
    metadata,
    Column("node", String(NODE), primary_key=True),
    Column("camera", String(NAME), primary_key=True),
    Column("site", String(NAME), nullable=False, server_default=""),
    Column("name", String(128), nullable=False, server_default=""),
    Column("lat", Float(53)),
    Column("lon", Float(53)),
    Column("heading_deg", Float(53), nullable=False, server_default="0"),
    Column("fov_deg", Float(53), nullable=False, server_default="60"),
    Column("range_m", Float(53), nullable=False, server_default="50"),
    Column("placed_at_ms", BigInteger, nullable=False),
    Index(None, "site"),
)
"""Cameras on the map; a camera without a site of its own stands at its node's."""

place_versions = Table(
    "place_versions",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)
"""One row, id 1: how often anything here has changed."""

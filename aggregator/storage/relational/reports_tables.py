"""Tables of citizen reports.

Invariants: who sent a report stands in `report_reporters` alone, sealed, so that no listing can show it by
mistake; history is only ever added to; a report that was merged names its original, and whoever followed it
follows that.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, String, Table, Text

from aggregator.storage.relational.metadata import ID, NAME, UUID, metadata

_WORD = 16
_CODE = 16
_DAY = 10
_DIGEST = 32

reports = Table(
    "reports",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("code", String(_CODE), nullable=False),
    Column("channel", String(_WORD), nullable=False),
    Column("entered_by", String(UUID), nullable=False, server_default=""),
    Column("fingerprint", LargeBinary(_DIGEST), nullable=False),
    Column("secret", LargeBinary(_DIGEST), nullable=False),
    Column("anonymous", Boolean, nullable=False),
    # what and where
    Column("category", String(NAME), nullable=False),
    Column("field", String(32), nullable=False),
    Column("restricted", Boolean, nullable=False),
    Column("sensitive", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Column("lat", Float(53)),
    Column("lon", Float(53)),
    Column("address", String(255), nullable=False, server_default=""),
    Column("area", String(UUID), nullable=False, server_default=""),
    Column("occurred_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    # the case
    Column("state", String(_WORD), nullable=False),
    Column("version", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("agency", String(NAME), nullable=False, server_default=""),
    Column("run", Text, nullable=False),
    Column("agency_run", Text, nullable=False, server_default=""),
    Column("handled_by", Text, nullable=False, server_default=""),
    Column("decided_by", Text, nullable=False, server_default=""),
    Column("answered_ms", BigInteger),
    Column("original", String(UUID), nullable=False, server_default=""),
    Column("appealed", String(_WORD), nullable=False, server_default=""),
    Column("rating", Integer),
    Column("final", Boolean, nullable=False, server_default="0"),
    # what is due, as the calendar of that version says
    Column("due_ms", BigInteger),
    Column("agency_due_ms", BigInteger),
    Column("calendar", BigInteger, nullable=False),
    # what the reporter and the public read
    Column("result", Text, nullable=False, server_default=""),
    Column("public_text", Text, nullable=False, server_default=""),
    Column("updated_ms", BigInteger, nullable=False),
    Index(None, "code", unique=True),
    Index(None, "received_ms", "id"),
    Index(None, "state", "due_ms"),
    Index(None, "area", "state"),
    Index(None, "agency", "state"),
    Index(None, "field", "lat"),
    Index(None, "original"),
    Index(None, "updated_ms"),
)
"""Reports; `run`, `agency_run`, `handled_by` and `decided_by` are JSON."""

report_reporters = Table(
    "report_reporters",
    metadata,
    Column("report", String(UUID), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)
"""Who sent a report: name, phone, e-mail, sealed JSON; no row for who did not say."""

report_subscribers = Table(
    "report_subscribers",
    metadata,
    Column("subscriber", String(UUID), primary_key=True),
    Column("report", String(UUID), nullable=False),
    Index(None, "report"),
)
"""Which report the sender of each report follows: its own, or the one that it was merged into."""

report_history = Table(
    "report_history",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("report", String(UUID), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("action", String(_WORD), nullable=False),
    Column("state", String(_WORD), nullable=False),
    Column("actor_kind", String(_WORD), nullable=False),
    Column("actor_id", String(UUID), nullable=False),
    Column("actor_name", String(128), nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default="{}"),
    Index(None, "report", "id"),
)
"""What happened to a report; `detail` is a JSON object of texts."""

report_calls = Table(
    "report_calls",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("report", String(UUID), nullable=False, server_default=""),
    Column("operator", String(UUID), nullable=False),
    Column("operator_name", String(128), nullable=False),
    Column("direction", String(8), nullable=False),
    Column("sealed_phone", LargeBinary, nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("duration_s", Integer, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Index(None, "report"),
    Index(None, "started_ms", "id"),
)
"""Calls of the hotline, with or without a report."""

report_categories = Table(
    "report_categories",
    metadata,
    Column("id", String(NAME), primary_key=True),
    Column("body", Text, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
)
"""What the city made of a category, JSON; a category without a row is as the program ships it."""

report_days = Table(
    "report_days",
    metadata,
    Column("day", String(_DAY), primary_key=True),
    Column("works", Boolean, nullable=False),
    Column("why", String(255), nullable=False),
    Column("set_ms", BigInteger, nullable=False),
)
"""Days that the city itself decided to work, or not to."""

report_versions = Table(
    "report_versions",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)
"""One row, id 1: how often the calendar or a category has changed."""

service_feedback = Table(
    "service_feedback",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("channel", String(_WORD), nullable=False),
    Column("stars", Integer, nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("received_ms", BigInteger, nullable=False),
    Index(None, "received_ms", "id"),
)
"""What people say about the service itself, not about a report."""

report_media = Table(
    "report_media",
    metadata,
    Column("report", String(UUID), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("state", String(_WORD), nullable=False),
    Column("reason", String(255), nullable=False, server_default=""),
    Column("type", String(32), nullable=False, server_default=""),
    Column("kept_bytes", BigInteger, nullable=False, server_default="0"),
    Column("width", Integer),
    Column("height", Integer),
    Column("at_ms", BigInteger, nullable=False),
    Index(None, "state", "at_ms"),
)
"""Files of reports: `sha256` is of what was sent, the rest of what is kept after cleaning."""

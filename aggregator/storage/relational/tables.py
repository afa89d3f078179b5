"""Tables of nodes and of what they say, in SQLAlchemy Core.

Invariants: a fact is unique by `(node, stream, seq)`; ids are given in commit order per writer and
are what cursors walk; times are int64 ms UTC and end in `_ms`; streams are 16 hex digits. The
schema that `migrations` builds equals this metadata (tested on both databases).
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from aggregator.storage.relational.metadata import ID, NAME, NODE, STREAM, metadata

nodes = Table(
    "nodes",
    metadata,
    Column("node", String(NODE), primary_key=True),
    Column("site", String(NAME), nullable=False, server_default=""),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("revoked_at_ms", BigInteger),
    # presence: the last state message, and when it came
    Column("phase", String(NAME), nullable=False, server_default=""),
    Column("session", BigInteger, nullable=False, server_default="0"),
    Column("since_ms", BigInteger),
    Column("state_at_ms", BigInteger),
    Column("received_at_ms", BigInteger),
    Column("heartbeat_s", Float, nullable=False, server_default="30"),
    Column("clock", SmallInteger, nullable=False, server_default="2"),
    Column("stream", String(STREAM), nullable=False, server_default=""),
    Column("last_seq", BigInteger, nullable=False, server_default="0"),
    Column("agent_version", String(NAME), nullable=False, server_default=""),
    Column("model", String(NAME), nullable=False, server_default=""),
    Column("uptime_s", Float, nullable=False, server_default="0"),
    Column("outbox_rows", BigInteger, nullable=False, server_default="0"),
    Column("outbox_age_s", Float, nullable=False, server_default="0"),
    Column("cameras", Text, nullable=False, server_default="[]"),
    Column("hardware", String(NAME), nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
)
"""Nodes that may speak, and the presence of each; `cameras` is a JSON array of camera states.

`phase` is `born`, `alive` or `gone` of the last state that counted, `since_ms` when it last changed
between online and offline, `heartbeat_s` the period that its heartbeats showed.
"""

events = Table(
    "events",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("node", String(NODE), nullable=False),
    Column("stream", String(STREAM), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("received_at_ms", BigInteger, nullable=False),
    Column("occurred_at_ms", BigInteger, nullable=False),
    Column("clock", SmallInteger, nullable=False),
    Column("kind", String(NAME), nullable=False),
    Column("rule", String(NAME), nullable=False),
    Column("camera", String(NAME), nullable=False),
    Column("zone_or_line", String(NAME), nullable=False),
    Column("class_name", String(NAME), nullable=False),
    Column("track_id", BigInteger, nullable=False),
    Column("score_e3", SmallInteger, nullable=False),
    Column("direction", String(NAME), nullable=False),
    Column("duration_s", Float(53), nullable=False),
    Column("box_x1_e4", SmallInteger),
    Column("box_y1_e4", SmallInteger),
    Column("box_x2_e4", SmallInteger),
    Column("box_y2_e4", SmallInteger),
    Column("value", Float(53)),
    Column("evidence", LargeBinary),
    Column("model", String(NAME), nullable=False),
    Column("value_error", Float(53)),
    UniqueConstraint("node", "stream", "seq"),
    Index(None, "occurred_at_ms"),
    Index(None, "kind", "id"),
    sqlite_autoincrement=False,
)
"""Events, the truth for casework. `evidence` joins SHA-256 digests of 32 bytes; NULL means none.

The public id `{node}:{stream}:{seq}` is not stored: the unique key is its three parts.
"""

streams = Table(
    "streams",
    metadata,
    Column("node", String(NODE), primary_key=True),
    Column("stream", String(STREAM), primary_key=True),
    Column("watermark", BigInteger, nullable=False, server_default="0"),
    Column("ranges", Text, nullable=False, server_default="[]"),
    Column("repeated", BigInteger, nullable=False, server_default="0"),
    Column("first_seen_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
)
"""What was accounted for of each stream: all seqs up to `watermark`, and `ranges` beyond it, a JSON
array of at most 256 pairs [first, last]. `repeated` counts facts that came again and changed nothing."""

skips = Table(
    "skips",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("node", String(NODE), nullable=False),
    Column("stream", String(STREAM), nullable=False),
    Column("from_seq", BigInteger, nullable=False),
    Column("to_seq", BigInteger, nullable=False),
    Column("reason", String(NAME), nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("declared_at_ms", BigInteger, nullable=False),
    Index(None, "node", "stream"),
)
"""Seqs that nodes declared dropped; `count` facts went, so a loss is counted and never silent."""

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("topic", String(255), nullable=False),
    Column("node", String(NODE), nullable=False, server_default=""),
    Column("stream", String(STREAM), nullable=False, server_default=""),
    Column("seqs", Text, nullable=False, server_default="[]"),
    Column("seq_count", Integer, nullable=False, server_default="0"),
    Column("reason", String(NAME), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("payload", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("times", BigInteger, nullable=False, server_default="1"),
    Column("first_received_at_ms", BigInteger, nullable=False),
    Column("received_at_ms", BigInteger, nullable=False),
    UniqueConstraint("digest"),
    Index(None, "node"),
)
"""Payloads that gave no fact, with their bytes and the reason.

`digest` is SHA-256 over topic and payload: the same bytes again raise `times` and add no row.
`seqs` are the facts that the watermark counts as dead-lettered (JSON), empty when they could not be
read. `payload` is cut at 256 KiB, `size` is what came. Old rows go as new ones come.
"""

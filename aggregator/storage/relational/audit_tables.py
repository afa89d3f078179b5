"""Tables of the audit log: rows that are only ever added, and the head of their chain."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from aggregator.storage.relational.metadata import NAME, UUID, metadata

audit_rows = Table(
    "audit_rows",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", String(NAME), nullable=False),
    Column("actor_name", String(128), nullable=False),
    Column("action", String(NAME), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("area", String(UUID), nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default="{}"),
    Column("address", String(NAME), nullable=False, server_default=""),
    Column("hash", LargeBinary(32), nullable=False),
    Index(None, "action", "id"),
    Index(None, "subject", "id"),
    Index(None, "actor_id", "id"),
)
"""The log; ids count from 1 without gaps, `detail` is a JSON object of texts."""

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("rows", BigInteger, nullable=False),
    Column("last", LargeBinary(32), nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
)
"""One row, id 1: its length, the hash of its last row, and the seal over both."""

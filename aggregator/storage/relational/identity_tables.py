"""Tables of keys, people, their roles and their sessions."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from aggregator.storage.relational.metadata import NAME, UUID, metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("name", String(NAME), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("last_used_at_ms", BigInteger),
    Column("revoked_at_ms", BigInteger),
    Column("expires_at_ms", BigInteger),
    Column("created_by", String(UUID), nullable=False, server_default=""),
    UniqueConstraint("hash"),
)
"""Keys of programs; the key itself is shown once, `hash` is its SHA-256, `scopes` are joined by spaces."""

console_users = Table(
    "console_users",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("name", String(NAME), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("language", String(8), nullable=False, server_default="vi"),
    Column("disabled", Boolean, nullable=False, server_default="0"),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("display_name", String(NAME), nullable=False, server_default=""),
    Column("email", String(254), nullable=False, server_default=""),
    Column("subject", String(255)),
    Column("must_change", Boolean, nullable=False, server_default="0"),
    Column("changed_at_ms", BigInteger, nullable=False, server_default="0"),
    Column("wrong", Integer, nullable=False, server_default="0"),
    Column("locked_until_ms", BigInteger, nullable=False, server_default="0"),
    Column("signed_in_at_ms", BigInteger),
    UniqueConstraint("name"),
    UniqueConstraint("subject"),
)
"""People who sign in to the console; `password_hash` is argon2's own text, empty for who signs on elsewhere.

`subject` is issuer and subject of single sign-on, joined by a space; `wrong` counts wrong passwords since
the last right one, and `locked_until_ms` is when the next is looked at.
"""

user_grants = Table(
    "user_grants",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("user_id", String(UUID), nullable=False),
    Column("role", String(NAME), nullable=False),
    Column("areas", Text),
    Column("agencies", Text),
    Column("extra", Text, nullable=False, server_default="[]"),
    Index(None, "user_id"),
)
"""Roles of people within areas and agencies, JSON arrays of ids; NULL is everywhere, and any agency.

`extra` are permissions beyond the role's, given by name.
"""

console_sessions = Table(
    "console_sessions",
    metadata,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("user_id", String(UUID), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("seen_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("csrf", String(NAME), nullable=False, server_default=""),
    Column("address", String(NAME), nullable=False, server_default=""),
    Column("agent", String(255), nullable=False, server_default=""),
    Index(None, "user_id"),
    CheckConstraint("expires_at_ms > created_at_ms", name="expires_later"),
)
"""Signed-in consoles; `hash` is the SHA-256 of the cookie, `csrf` what its changes must carry."""

kept_answers = Table(
    "kept_answers",
    metadata,
    Column("slot", LargeBinary(32), primary_key=True),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary),
    Column("until_ms", BigInteger, nullable=False),
    Index(None, "until_ms"),
)
"""Answers to requests with an `Idempotency-Key`, encrypted; `body` is NULL while one is under way."""

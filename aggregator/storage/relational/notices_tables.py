"""Tables of notices and public warnings.

Invariants: a notice of an alarm reaches an address by one delivery; addresses are sealed by the server's key;
a public warning that was issued is never altered, updates and cancellations are rows of their own.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from aggregator.storage.relational.metadata import ID, UUID, metadata

_WORD = 16
_TARGET = 80

notice_addresses = Table(
    "notice_addresses",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("target", String(_TARGET), nullable=False),
    Column("area", String(UUID), nullable=False, server_default=""),
    Column("channel", String(_WORD), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("language", String(8), nullable=False, server_default="vi"),
    Column("active", Boolean, nullable=False, server_default="1"),
    Column("created_ms", BigInteger, nullable=False),
    Index(None, "target"),
)
"""Where a target is told; `target` is `role:…`, `user:…`, `agency:…` or `channel:…`, no area is everywhere.

`sealed` is the address itself, an URL of apprise or an id at Zalo, encrypted, because it may hold a password.
"""

notice_deliveries = Table(
    "notice_deliveries",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("notice", BigInteger, nullable=False),
    Column("address", String(UUID), nullable=False),
    Column("state", String(_WORD), nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("try_ms", BigInteger, nullable=False),
    Column("lease_ms", BigInteger, nullable=False, server_default="0"),
    Column("message", String(UUID), nullable=False, server_default=""),
    Column("made_ms", BigInteger, nullable=False),
    Column("done_ms", BigInteger),
    Column("error", Text, nullable=False, server_default=""),
    UniqueConstraint("notice", "address"),
    Index(None, "state", "try_ms"),
    Index(None, "address", "done_ms"),
    Index(None, "message"),
)
"""One notice to one address: `waiting`, `sent`, `failed` or `needless`.

`lease_ms` is until when somebody is sending it, `message` what it is sent as: a try again keeps it, so that
a receiver can tell it for the same, and those of one digest share it.
"""

public_warnings = Table(
    "public_warnings",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("root", String(UUID), nullable=False),
    Column("kind", String(_WORD), nullable=False),
    Column("sent_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("replaced_by", String(UUID), nullable=False, server_default=""),
    Column("areas", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("xml", Text, nullable=False),
    Column("created_by", String(128), nullable=False),
    Index(None, "root"),
    Index(None, "sent_ms", "id"),
    Index(None, "replaced_by", "expires_ms"),
)
"""CAP messages as they were issued: `kind` alert, update or cancel, `root` the first of their chain.

`areas` is a JSON array of area ids, `body` the JSON of what was asked for.
"""

public_notices = Table(
    "public_notices",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("title_vi", String(200), nullable=False),
    Column("title_en", String(200), nullable=False, server_default=""),
    Column("text_vi", Text, nullable=False),
    Column("text_en", Text, nullable=False, server_default=""),
    Column("areas", Text, nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("withdrawn_ms", BigInteger),
    Column("created_ms", BigInteger, nullable=False),
    Column("created_by", String(128), nullable=False),
    Index(None, "until_ms"),
)
"""Notices to the citizens of areas; `areas` is a JSON array of ids, empty for everywhere."""

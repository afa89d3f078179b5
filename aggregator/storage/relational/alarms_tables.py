"""Tables of alarms, their rules and their history.

Invariants: `alarm_cursor` changes in the transaction of the alarms that the events up to it made, so every
event is taken once; a step of a round of an alarm has one notice; history is only ever added to.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from aggregator.storage.relational.metadata import ID, NAME, NODE, UUID, metadata

_WORD = 16
_KEY = 32
_EVENT = 80

alarms = Table(
    "alarms",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("kind", String(NAME), nullable=False),
    Column("severity", String(_WORD), nullable=False),
    Column("work", String(_WORD), nullable=False),
    Column("rule", String(NAME), nullable=False),
    Column("key", String(_KEY), nullable=False),
    # where
    Column("node", String(NODE), nullable=False),
    Column("camera", String(NAME), nullable=False),
    Column("zone_or_line", String(NAME), nullable=False, server_default=""),
    Column("class_name", String(NAME), nullable=False, server_default=""),
    Column("scene_rule", String(NAME), nullable=False, server_default=""),
    Column("site", String(NAME), nullable=False, server_default=""),
    Column("area", String(UUID), nullable=False, server_default=""),
    Column("agency", String(NAME), nullable=False, server_default=""),
    Column("lat", Float(53)),
    Column("lon", Float(53)),
    # its events
    Column("first_event", String(_EVENT), nullable=False),
    Column("last_event", String(_EVENT), nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("first_at_ms", BigInteger, nullable=False),
    Column("last_at_ms", BigInteger, nullable=False),
    Column("ended_at_ms", BigInteger),
    Column("is_late", Boolean, nullable=False, server_default="0"),
    # the case
    Column("opened_at_ms", BigInteger, nullable=False),
    Column("state", String(_WORD), nullable=False),
    Column("version", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("unacknowledged_ms", BigInteger, nullable=False),
    Column("acknowledged_ms", BigInteger),
    Column("acknowledged_by", Text),
    Column("assignee_kind", String(_WORD), nullable=False, server_default=""),
    Column("assignee_id", String(NAME), nullable=False, server_default=""),
    Column("assignee_name", String(128), nullable=False, server_default=""),
    Column("assigned_ms", BigInteger),
    Column("closed_ms", BigInteger),
    Column("closed_by", Text),
    Column("verdict", String(_WORD)),
    Column("snoozed_until_ms", BigInteger),
    # its escalation
    Column("escalation", Text, nullable=False),
    Column("told", Integer, nullable=False),
    Column("due_ms", BigInteger),
    Column("updated_ms", BigInteger, nullable=False),
    Index(None, "key", "last_at_ms"),
    Index(None, "opened_at_ms", "id"),
    Index(None, "state", "opened_at_ms"),
    Index(None, "due_ms"),
    Index(None, "node", "camera", "first_at_ms"),
    Index(None, "area", "opened_at_ms"),
)
"""Cases; `key` is what equal events share, `escalation` the steps as the rule had them when the alarm was
opened, `told` has a bit for each step that was made, `due_ms` is when the next one is. `…_by` are JSON."""

alarm_events = Table(
    "alarm_events",
    metadata,
    Column("alarm", String(UUID), primary_key=True),
    Column("event", BigInteger, primary_key=True, autoincrement=False),
    Index(None, "event"),
)
"""The first events of each alarm, by their rows' ids."""

alarm_history = Table(
    "alarm_history",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("alarm", String(UUID), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("action", String(NAME), nullable=False),
    Column("state", String(_WORD), nullable=False),
    Column("actor_kind", String(_WORD), nullable=False),
    Column("actor_id", String(NAME), nullable=False),
    Column("actor_name", String(128), nullable=False),
    Column("detail", Text, nullable=False, server_default="{}"),
    Index(None, "alarm", "id"),
)
"""What happened to each alarm; `state` and `version` are those after it, `detail` a JSON object of texts."""

alarm_checks = Table(
    "alarm_checks",
    metadata,
    Column("alarm", String(UUID), primary_key=True),
    Column("step", String(NAME), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
)
"""Ticked steps of checklists."""

alarm_links = Table(
    "alarm_links",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("alarm", String(UUID), nullable=False),
    Column("kind", String(_WORD), nullable=False),
    Column("target", String(128), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    UniqueConstraint("alarm", "kind", "target"),
)
"""From an alarm to another case, an event, or evidence (SHA-256, hex)."""

alarm_rules = Table(
    "alarm_rules",
    metadata,
    Column("id", String(NAME), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("removed_ms", BigInteger),
)
"""Rules, JSON in `body`; a removed one stays, so that alarms can name it and no default comes back."""

alarm_silences = Table(
    "alarm_silences",
    metadata,
    Column("id", String(UUID), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("starts_ms", BigInteger, nullable=False),
    Column("ends_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("suppressed", BigInteger, nullable=False, server_default="0"),
    Column("suppressed_at_ms", BigInteger),
    Index(None, "ends_ms"),
)
"""Silences, JSON in `body`; `suppressed` events made no alarm, the last at `suppressed_at_ms`."""

alarm_sops = Table(
    "alarm_sops",
    metadata,
    Column("kind", String(NAME), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("removed_ms", BigInteger),
)
"""Checklists by kind of event, JSON in `body`."""

alarm_tallies = Table(
    "alarm_tallies",
    metadata,
    Column("key", String(_KEY), primary_key=True),
    Column("times", Text, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Index(None, "until_ms"),
)
"""Times of equal events that are too few yet for an alarm, JSON of ms; worth nothing after `until_ms`."""

alarm_cursor = Table(
    "alarm_cursor",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("through", BigInteger, nullable=False),
    Column("book", BigInteger, nullable=False),
)
"""One row, id 1: the last event that was taken, and how often rules and silences have changed."""

alarm_notices = Table(
    "alarm_notices",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("alarm", String(UUID), nullable=False),
    Column("round", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("targets", Text, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("state", String(_WORD), nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("try_ms", BigInteger, nullable=False),
    Column("done_ms", BigInteger),
    Column("detail", Text, nullable=False, server_default=""),
    UniqueConstraint("alarm", "round", "step"),
    Index(None, "state", "try_ms"),
)
"""What somebody must be told, once for each step of each round of an alarm; `targets` is a JSON array.

`state` is `waiting` until whoever delivers makes it `sent`, `failed` or `needless`, `try_ms` the next try.
"""

city_stages = Table(
    "city_stages",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("stage", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
)
"""The city's operating stage, 1 to 5; the last row holds."""

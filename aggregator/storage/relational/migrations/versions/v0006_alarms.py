"""Alarms, their rules and their history."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables; what was stored before there were alarms makes none."""
    _cases()
    _rules()
    _telling()
    op.execute("INSERT INTO alarm_cursor (id, through, book) SELECT 1, COALESCE(MAX(id), 0), 1 FROM events")


def _cases() -> None:
    _create_alarms()
    _index_alarms()
    _create_alarm_events()
    _index_alarm_events()
    _create_alarm_history()
    _index_alarm_history()
    _create_alarm_checks()
    _create_alarm_links()


def _create_alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("work", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("camera", sa.String(length=64), nullable=False),
        sa.Column("zone_or_line", sa.String(length=64), server_default="", nullable=False),
        sa.Column("class_name", sa.String(length=64), server_default="", nullable=False),
        sa.Column("scene_rule", sa.String(length=64), server_default="", nullable=False),
        sa.Column("site", sa.String(length=64), server_default="", nullable=False),
        sa.Column("area", sa.String(length=36), server_default="", nullable=False),
        sa.Column("agency", sa.String(length=64), server_default="", nullable=False),
        sa.Column("lat", sa.Float(precision=53), nullable=True),
        sa.Column("lon", sa.Float(precision=53), nullable=True),
        sa.Column("first_event", sa.String(length=80), nullable=False),
        sa.Column("last_event", sa.String(length=80), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("is_late", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("opened_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("unacknowledged_ms", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_ms", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("assignee_kind", sa.String(length=16), server_default="", nullable=False),
        sa.Column("assignee_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("assignee_name", sa.String(length=128), server_default="", nullable=False),
        sa.Column("assigned_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("snoozed_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("escalation", sa.Text(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=True),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )


def _index_alarms() -> None:
    op.create_index(op.f("ix_alarms_area_opened_at_ms"), "alarms", ["area", "opened_at_ms"], unique=False)
    op.create_index(op.f("ix_alarms_due_ms"), "alarms", ["due_ms"], unique=False)
    op.create_index(op.f("ix_alarms_key_last_at_ms"), "alarms", ["key", "last_at_ms"], unique=False)
    op.create_index(
        op.f("ix_alarms_node_camera_first_at_ms"), "alarms", ["node", "camera", "first_at_ms"], unique=False
    )
    op.create_index(op.f("ix_alarms_opened_at_ms_id"), "alarms", ["opened_at_ms", "id"], unique=False)
    op.create_index(op.f("ix_alarms_state_opened_at_ms"), "alarms", ["state", "opened_at_ms"], unique=False)


def _create_alarm_events() -> None:
    op.create_table(
        "alarm_events",
        sa.Column("alarm", sa.String(length=36), nullable=False),
        sa.Column("event", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("alarm", "event", name=op.f("pk_alarm_events")),
    )


def _index_alarm_events() -> None:
    op.create_index(op.f("ix_alarm_events_event"), "alarm_events", ["event"], unique=False)


def _create_alarm_history() -> None:
    op.create_table(
        "alarm_history",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("alarm", sa.String(length=36), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=128), nullable=False),
        sa.Column("detail", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_history")),
    )


def _index_alarm_history() -> None:
    op.create_index(op.f("ix_alarm_history_alarm_id"), "alarm_history", ["alarm", "id"], unique=False)


def _create_alarm_checks() -> None:
    op.create_table(
        "alarm_checks",
        sa.Column("alarm", sa.String(length=36), nullable=False),
        sa.Column("step", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alarm", "step", name=op.f("pk_alarm_checks")),
    )


def _create_alarm_links() -> None:
    op.create_table(
        "alarm_links",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("alarm", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=128), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_links")),
        sa.UniqueConstraint("alarm", "kind", "target", name=op.f("uq_alarm_links_alarm_kind_target")),
    )


def _rules() -> None:
    op.create_table(
        "alarm_rules",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("removed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_rules")),
    )
    op.create_table(
        "alarm_silences",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("starts_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("suppressed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("suppressed_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_silences")),
    )
    op.create_index(op.f("ix_alarm_silences_ends_ms"), "alarm_silences", ["ends_ms"], unique=False)
    op.create_table(
        "alarm_sops",
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("removed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_alarm_sops")),
    )
    op.create_table(
        "alarm_tallies",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("times", sa.Text(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alarm_tallies")),
    )
    op.create_index(op.f("ix_alarm_tallies_until_ms"), "alarm_tallies", ["until_ms"], unique=False)
    op.create_table(
        "alarm_cursor",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.Column("book", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_cursor")),
    )


def _telling() -> None:
    op.create_table(
        "alarm_notices",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("alarm", sa.String(length=36), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("targets", sa.Text(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("try_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_notices")),
        sa.UniqueConstraint("alarm", "round", "step", name=op.f("uq_alarm_notices_alarm_round_step")),
    )
    op.create_index(op.f("ix_alarm_notices_state_try_ms"), "alarm_notices", ["state", "try_ms"], unique=False)
    op.create_table(
        "city_stages",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_city_stages")),
    )

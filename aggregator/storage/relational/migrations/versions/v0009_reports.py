"""Citizen reports."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the tables."""
    _create_reports()
    _index_reports()
    _create_report_reporters()
    _create_report_subscribers()
    _index_report_subscribers()
    _create_report_history()
    _index_report_history()
    _create_report_calls()
    _index_report_calls()
    _create_report_categories()
    _create_report_days()
    _create_report_versions()
    _create_service_feedback()
    _index_service_feedback()
    op.execute("INSERT INTO report_versions (id, version) VALUES (1, 0)")


def _create_reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("entered_by", sa.String(length=36), server_default="", nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("secret", sa.LargeBinary(length=32), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lat", sa.Float(precision=53), nullable=True),
        sa.Column("lon", sa.Float(precision=53), nullable=True),
        sa.Column("address", sa.String(length=255), server_default="", nullable=False),
        sa.Column("area", sa.String(length=36), server_default="", nullable=False),
        sa.Column("occurred_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(length=64), server_default="", nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("agency_run", sa.Text(), server_default="", nullable=False),
        sa.Column("handled_by", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.Column("original", sa.String(length=36), server_default="", nullable=False),
        sa.Column("appealed", sa.String(length=16), server_default="", nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("final", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=True),
        sa.Column("agency_due_ms", sa.BigInteger(), nullable=True),
        sa.Column("calendar", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.Text(), server_default="", nullable=False),
        sa.Column("public_text", sa.Text(), server_default="", nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )


def _index_reports() -> None:
    op.create_index(op.f("ix_reports_agency_state"), "reports", ["agency", "state"], unique=False)
    op.create_index(op.f("ix_reports_area_state"), "reports", ["area", "state"], unique=False)
    op.create_index(op.f("ix_reports_code"), "reports", ["code"], unique=True)
    op.create_index(op.f("ix_reports_field_lat"), "reports", ["field", "lat"], unique=False)
    op.create_index(op.f("ix_reports_original"), "reports", ["original"], unique=False)
    op.create_index(op.f("ix_reports_received_ms_id"), "reports", ["received_ms", "id"], unique=False)
    op.create_index(op.f("ix_reports_state_due_ms"), "reports", ["state", "due_ms"], unique=False)
    op.create_index(op.f("ix_reports_updated_ms"), "reports", ["updated_ms"], unique=False)


def _create_report_reporters() -> None:
    op.create_table(
        "report_reporters",
        sa.Column("report", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("report", name=op.f("pk_report_reporters")),
    )


def _create_report_subscribers() -> None:
    op.create_table(
        "report_subscribers",
        sa.Column("subscriber", sa.String(length=36), nullable=False),
        sa.Column("report", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("subscriber", name=op.f("pk_report_subscribers")),
    )


def _index_report_subscribers() -> None:
    op.create_index(op.f("ix_report_subscribers_report"), "report_subscribers", ["report"], unique=False)


def _create_report_history() -> None:
    op.create_table(
        "report_history",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("report", sa.String(length=36), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=False),
        sa.Column("actor_name", sa.String(length=128), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_history")),
    )


def _index_report_history() -> None:
    op.create_index(op.f("ix_report_history_report_id"), "report_history", ["report", "id"], unique=False)


def _create_report_calls() -> None:
    op.create_table(
        "report_calls",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("report", sa.String(length=36), server_default="", nullable=False),
        sa.Column("operator", sa.String(length=36), nullable=False),
        sa.Column("operator_name", sa.String(length=128), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("sealed_phone", sa.LargeBinary(), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_calls")),
    )


def _index_report_calls() -> None:
    op.create_index(op.f("ix_report_calls_report"), "report_calls", ["report"], unique=False)
    op.create_index(op.f("ix_report_calls_started_ms_id"), "report_calls", ["started_ms", "id"], unique=False)


def _create_report_categories() -> None:
    op.create_table(
        "report_categories",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_categories")),
    )


def _create_report_days() -> None:
    op.create_table(
        "report_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(length=255), nullable=False),
        sa.Column("set_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_report_days")),
    )


def _create_report_versions() -> None:
    op.create_table(
        "report_versions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_versions")),
    )


def _create_service_feedback() -> None:
    op.create_table(
        "service_feedback",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_feedback")),
    )


def _index_service_feedback() -> None:
    op.create_index(
        op.f("ix_service_feedback_received_ms_id"), "service_feedback", ["received_ms", "id"], unique=False
    )

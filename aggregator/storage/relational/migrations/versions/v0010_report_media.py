"""Files of citizen reports."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table."""
    _create_report_media()
    _index_report_media()


def _create_report_media() -> None:
    op.create_table(
        "report_media",
        sa.Column("report", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=255), server_default="", nullable=False),
        sa.Column("type", sa.String(length=32), server_default="", nullable=False),
        sa.Column("kept_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("report", "sha256", name=op.f("pk_report_media")),
    )


def _index_report_media() -> None:
    op.create_index(op.f("ix_report_media_state_at_ms"), "report_media", ["state", "at_ms"], unique=False)

"""Notices and public warnings."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables."""
    _create_notice_addresses()
    _index_notice_addresses()
    _create_notice_deliveries()
    _index_notice_deliveries()
    _create_public_warnings()
    _index_public_warnings()
    _create_public_notices()
    _index_public_notices()


def _create_notice_addresses() -> None:
    op.create_table(
        "notice_addresses",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("target", sa.String(length=80), nullable=False),
        sa.Column("area", sa.String(length=36), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=8), server_default="vi", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_addresses")),
    )


def _index_notice_addresses() -> None:
    op.create_index(op.f("ix_notice_addresses_target"), "notice_addresses", ["target"], unique=False)


def _create_notice_deliveries() -> None:
    op.create_table(
        "notice_deliveries",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("notice", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("try_ms", sa.BigInteger(), nullable=False),
        sa.Column("lease_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("message", sa.String(length=36), server_default="", nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_deliveries")),
        sa.UniqueConstraint("notice", "address", name=op.f("uq_notice_deliveries_notice_address")),
    )


def _index_notice_deliveries() -> None:
    op.create_index(
        op.f("ix_notice_deliveries_address_done_ms"),
        "notice_deliveries",
        ["address", "done_ms"],
        unique=False,
    )
    op.create_index(op.f("ix_notice_deliveries_message"), "notice_deliveries", ["message"], unique=False)
    op.create_index(
        op.f("ix_notice_deliveries_state_try_ms"), "notice_deliveries", ["state", "try_ms"], unique=False
    )


def _create_public_warnings() -> None:
    op.create_table(
        "public_warnings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("root", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("replaced_by", sa.String(length=36), server_default="", nullable=False),
        sa.Column("areas", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("xml", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_warnings")),
    )


def _index_public_warnings() -> None:
    op.create_index(
        op.f("ix_public_warnings_replaced_by_expires_ms"),
        "public_warnings",
        ["replaced_by", "expires_ms"],
        unique=False,
    )
    op.create_index(op.f("ix_public_warnings_root"), "public_warnings", ["root"], unique=False)
    op.create_index(op.f("ix_public_warnings_sent_ms_id"), "public_warnings", ["sent_ms", "id"], unique=False)


def _create_public_notices() -> None:
    op.create_table(
        "public_notices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("title_vi", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), server_default="", nullable=False),
        sa.Column("text_vi", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), server_default="", nullable=False),
        sa.Column("areas", sa.Text(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_notices")),
    )


def _index_public_notices() -> None:
    op.create_index(op.f("ix_public_notices_until_ms"), "public_notices", ["until_ms"], unique=False)

"""People, their roles and grants, and how they signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Give who could sign in until now the role of an administrator, which is what they had."""
    op.create_table(
        "user_grants",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("areas", sa.Text(), nullable=True),
        sa.Column("agencies", sa.Text(), nullable=True),
        sa.Column("extra", sa.Text(), server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_grants")),
    )
    op.create_index(op.f("ix_user_grants_user_id"), "user_grants", ["user_id"], unique=False)
    op.create_table(
        "kept_answers",
        sa.Column("slot", sa.LargeBinary(length=32), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_kept_answers")),
    )
    op.create_index(op.f("ix_kept_answers_until_ms"), "kept_answers", ["until_ms"], unique=False)
    op.execute("INSERT INTO user_grants (id, user_id, role) SELECT id, id, 'admin' FROM console_users")
    with op.batch_alter_table("api_keys") as table:
        table.add_column(sa.Column("expires_at_ms", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("created_by", sa.String(length=36), server_default="", nullable=False))
    with op.batch_alter_table("console_users") as table:
        table.add_column(sa.Column("display_name", sa.String(length=64), server_default="", nullable=False))
        table.add_column(sa.Column("email", sa.String(length=254), server_default="", nullable=False))
        table.add_column(sa.Column("subject", sa.String(length=255), nullable=True))
        table.add_column(sa.Column("must_change", sa.Boolean(), server_default="0", nullable=False))
        table.add_column(sa.Column("changed_at_ms", sa.BigInteger(), server_default="0", nullable=False))
        table.add_column(sa.Column("wrong", sa.Integer(), server_default="0", nullable=False))
        table.add_column(sa.Column("locked_until_ms", sa.BigInteger(), server_default="0", nullable=False))
        table.add_column(sa.Column("signed_in_at_ms", sa.BigInteger(), nullable=True))
        table.create_unique_constraint(op.f("uq_console_users_subject"), ["subject"])
    with op.batch_alter_table("console_sessions") as table:
        table.add_column(sa.Column("csrf", sa.String(length=64), server_default="", nullable=False))
        table.add_column(sa.Column("address", sa.String(length=64), server_default="", nullable=False))
        table.add_column(sa.Column("agent", sa.String(length=255), server_default="", nullable=False))

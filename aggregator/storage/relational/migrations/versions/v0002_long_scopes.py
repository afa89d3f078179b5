"""Room for the scopes of a key that names many sites."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Let scopes be of any length."""
    with op.batch_alter_table("api_keys") as table:
        table.alter_column(
            "scopes", existing_type=sa.String(length=255), type_=sa.Text(), existing_nullable=False
        )

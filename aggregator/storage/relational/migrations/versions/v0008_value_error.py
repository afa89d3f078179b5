"""What the value of an event may be off."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Older events do not say."""
    op.add_column("events", sa.Column("value_error", sa.Float(precision=53), nullable=True))

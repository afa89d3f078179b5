"""Alarms, their rules and their history."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables."""

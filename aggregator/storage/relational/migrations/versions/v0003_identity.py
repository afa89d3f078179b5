"""People, their roles and grants, sign-in attempts."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""

"""Limits for strangers that hold over all replicas; the office's own days in its calendar.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.String(255)
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "tallies",
        sa.Column("key", ID, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_tallies"),
    )
    op.create_index("ix_tallies_until", "tallies", ["until"])
    op.create_table(
        "calendars",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.Column("who", ID, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendars"),
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("calendars")
    op.drop_table("tallies")

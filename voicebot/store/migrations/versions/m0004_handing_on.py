"""A person hands a caller on to another unit: who, to where, and whether they stay until the next one has the caller.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.String(255)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "hand_overs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("call_id", ID, nullable=False),
        sa.Column("attempt_id", sa.Integer, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("department", ID, nullable=False),
        sa.Column("stays", sa.Boolean, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("decided_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_hand_overs"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_hand_overs_call_id_calls", ondelete="CASCADE"),
    )
    op.create_index("ix_hand_overs_call_id", "hand_overs", ["call_id"])


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("hand_overs")

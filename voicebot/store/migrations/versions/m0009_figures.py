"""Which calls complained and which tickets were reopened is found without looking through all there ever were.

Revision: 0009, after 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_ticket_calls_kind_call_id", "ticket_calls", ["kind", "call_id"]),
    ("ix_tickets_reopened", "tickets", ["reopened"]),
)


def upgrade() -> None:
    """Add the indexes."""
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Remove them."""
    for name, table, _ in reversed(INDEXES):
        op.drop_index(name, table)

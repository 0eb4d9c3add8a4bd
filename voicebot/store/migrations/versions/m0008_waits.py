"""What figures stand on is kept with the call, so that it outlives what was said: when a person was first wanted, how
long it took, how often the line answered; and what hangs on the caller's other calls too.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WORDS = ("reason", "missed")
MOMENTS = ("wanted_at", "weighed_at")
DEADLINES = ("resolve_by", "respond_by")
FLAGS = ("left_waiting", "again", "first_today", "got_through")


def _columns() -> list[sa.Column[object]]:
    """New ones each time: a column belongs to one table."""
    return [
        sa.Column("answers", sa.Integer, nullable=False, server_default="0"),
        sa.Column("waited_s", sa.Double, nullable=True),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in MOMENTS),
        *(sa.Column(name, sa.String(32), nullable=True) for name in WORDS),
        *(sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()) for name in FLAGS),
    ]


FILL = (
    """
UPDATE calls SET
    answers = (SELECT count(*) FROM turns WHERE turns.call_id = calls.id AND turns.decision = 'answered'),
    wanted_at = coalesce(
        (SELECT min(created_at) FROM tickets WHERE tickets.call_id = calls.id AND tickets.kind <> 'complaint'),
        (SELECT min(started_at) FROM attempts WHERE attempts.call_id = calls.id)
    ),
    reason = (
        SELECT reason FROM tickets WHERE tickets.call_id = calls.id AND tickets.kind <> 'complaint' ORDER BY id LIMIT 1
    )
""",
    "UPDATE calls SET wanted_at = started_at WHERE wanted_at < started_at",
)
"""A call that only joined a ticket counts from the first phone that rang."""
WAITS = {
    "postgresql": """
UPDATE calls SET waited_s = greatest(0, extract(epoch FROM (CASE WHEN outcome = 'connected' THEN ({met})
    ELSE ended_at END) - wanted_at)) WHERE wanted_at IS NOT NULL
""",
    "sqlite": """
UPDATE calls SET waited_s = max(0.0, round((julianday(CASE WHEN outcome = 'connected' THEN ({met})
    ELSE ended_at END) - julianday(wanted_at)) * 86400.0, 3)) WHERE wanted_at IS NOT NULL
""",
}
MET = """
SELECT min(coalesce(bridged_at, accepted_at)) FROM attempts
WHERE attempts.call_id = calls.id AND attempts.outcome = 'accepted'
"""


def upgrade() -> None:
    """Add the columns, and fill in what is known of the calls that are there."""
    for column in _columns():
        op.add_column("calls", column)
    for statement in (*FILL, WAITS[op.get_bind().dialect.name].format(met=MET)):
        op.execute(statement)
    op.create_index("ix_calls_weighed_at", "calls", ["weighed_at"])
    for deadline in DEADLINES:
        op.create_index(f"ix_tickets_{deadline}", "tickets", [deadline])


def downgrade() -> None:
    """Remove them."""
    for deadline in DEADLINES:
        op.drop_index(f"ix_tickets_{deadline}", "tickets")
    op.drop_index("ix_calls_weighed_at", "calls")
    for column in _columns():
        op.drop_column("calls", column.name)

"""What was said is kept: promises made again, when a ticket was reopened or judged, and a history nobody can rewrite.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)

POSTGRES = (
    """
CREATE FUNCTION ticket_history_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    blank ticket_history;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        blank := OLD;
        blank.why := '';
        IF NEW IS NOT DISTINCT FROM blank
            AND EXISTS (SELECT 1 FROM tickets WHERE id = OLD.ticket_id AND forgotten_at IS NOT NULL)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'ticket_history is only ever added to';
END $$
""",
    """
CREATE TRIGGER ticket_history_rows BEFORE UPDATE OR DELETE ON ticket_history
    FOR EACH ROW EXECUTE FUNCTION ticket_history_only_grows()
""",
    """
CREATE TRIGGER ticket_history_all BEFORE TRUNCATE ON ticket_history
    FOR EACH STATEMENT EXECUTE FUNCTION ticket_history_only_grows()
""",
)
"""The one change that may be made: the words go once the whole ticket has been forgotten."""

SQLITE = (
    """
CREATE TRIGGER ticket_history_kept BEFORE UPDATE ON ticket_history
WHEN NOT (
    NEW.why = '' AND NEW.id = OLD.id AND NEW.ticket_id = OLD.ticket_id AND NEW.at = OLD.at AND NEW.who = OLD.who
    AND NEW.change = OLD.change AND NEW.before IS OLD.before AND NEW.after = OLD.after AND NEW.owner IS OLD.owner
    AND EXISTS (SELECT 1 FROM tickets WHERE id = OLD.ticket_id AND forgotten_at IS NOT NULL)
)
BEGIN SELECT RAISE(ABORT, 'ticket_history is only ever added to'); END
""",
    """
CREATE TRIGGER ticket_history_never_less BEFORE DELETE ON ticket_history
BEGIN SELECT RAISE(ABORT, 'ticket_history is only ever added to'); END
""",
    # INSERT OR REPLACE deletes without asking the trigger above.
    """
CREATE TRIGGER ticket_history_never_replaced BEFORE INSERT ON ticket_history
WHEN EXISTS (SELECT 1 FROM ticket_history WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'ticket_history is only ever added to'); END
""",
)


def upgrade() -> None:
    """Add the columns and the triggers."""
    op.add_column("tickets", sa.Column("promised_at", TIME, nullable=True))
    op.add_column("tickets", sa.Column("promised_by", TIME, nullable=True))
    op.add_column("tickets", sa.Column("told_promise", sa.Integer, server_default="0", nullable=False))
    op.add_column("tickets", sa.Column("reopened_at", TIME, nullable=True))
    op.add_column("tickets", sa.Column("justified_at", TIME, nullable=True))
    op.add_column("notices", sa.Column("seen_by", sa.String(255), nullable=True))
    # Until now nobody wrote down when: as complaints were counted so far, and as history has it.
    op.execute("UPDATE tickets SET justified_at = created_at WHERE justified IS NOT NULL")
    reopened = "SELECT max(at) FROM ticket_history WHERE ticket_id = tickets.id AND change = 'reopen'"
    op.execute(f"UPDATE tickets SET reopened_at = ({reopened}) WHERE reopened > 0")  # noqa: S608 - no value is given
    for statement in POSTGRES if _is_postgres() else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    if _is_postgres():
        op.execute("DROP TRIGGER ticket_history_rows ON ticket_history")
        op.execute("DROP TRIGGER ticket_history_all ON ticket_history")
        op.execute("DROP FUNCTION ticket_history_only_grows()")
    else:
        for name in ("kept", "never_less", "never_replaced"):
            op.execute(f"DROP TRIGGER ticket_history_{name}")
    op.drop_column("notices", "seen_by")
    for column in ["promised_at", "promised_by", "told_promise", "reopened_at", "justified_at"]:
        op.drop_column("tickets", column)


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"

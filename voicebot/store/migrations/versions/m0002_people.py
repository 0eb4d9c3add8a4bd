"""People: the duty roster, who is being rung, what happens to a ticket, calls back, notices and what is to be sent.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.String(255)
WORD = sa.String(32)
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables, and the columns that tickets and calls gain."""
    _roster()
    _who_rings()
    _ticket_history()
    _to_be_done()
    _more_columns()
    _more_of_tickets()


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_tickets_owner_state", "tickets")
    op.drop_index("ix_tickets_unit_state", "tickets")
    for column in [
        "matter",
        "unit",
        "owner",
        "respond_by",
        "resolve_by",
        "first_response_at",
        "calls",
        "tries",
        "reopened",
        "told",
        "told_resolve",
        "justified",
        "missed",
        "forgotten_at",
    ]:
        op.drop_column("tickets", column)
    for column in ["text", "deleted_at"]:
        op.drop_column("messages", column)
    for column in ["caller_sealed", "rating", "handed_on"]:
        op.drop_column("calls", column)
    op.drop_index("ix_attempts_leg", "attempts")
    for column in ["person", "role", "rang_at", "picked_up_at", "bridged_at"]:
        op.drop_column("attempts", column)
    for table in [
        "sms_threads",
        "outbox",
        "callback_tries",
        "callbacks",
        "notices",
        "ticket_history",
        "ticket_calls",
        "engagements",
        "waiting",
        "rosters",
    ]:
        op.drop_table(table)


def _roster() -> None:
    op.create_table(
        "rosters",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.Column("who", ID, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rosters"),
    )


def _who_rings() -> None:
    op.create_table(
        "waiting",
        sa.Column("call_id", ID, nullable=False),
        sa.Column("wants", JSON, nullable=False),
        sa.Column("green", sa.Boolean, nullable=False),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("arrived_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_waiting_call_id_calls", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", name="pk_waiting"),
    )
    op.create_table(
        "engagements",
        sa.Column("person", ID, nullable=False),
        sa.Column("call_id", ID, nullable=False),
        sa.Column("attempt_id", sa.Integer, nullable=True),
        sa.Column("callback_id", sa.Integer, nullable=True),
        sa.Column("talking", sa.Boolean, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_engagements"),
    )
    op.create_index("ix_engagements_attempt_id", "engagements", ["attempt_id"])
    op.create_index("ix_engagements_call_id", "engagements", ["call_id"])


def _ticket_history() -> None:
    op.create_table(
        "ticket_calls",
        sa.Column("call_id", ID, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("ticket_id", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_ticket_calls_call_id_calls", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_calls_ticket_id_tickets"),
        sa.PrimaryKeyConstraint("call_id", "kind", name="pk_ticket_calls"),
    )
    op.create_index("ix_ticket_calls_ticket_id", "ticket_calls", ["ticket_id"])
    op.create_table(
        "ticket_history",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("ticket_id", sa.Integer, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("who", ID, nullable=False),
        sa.Column("change", WORD, nullable=False),
        sa.Column("before", WORD, nullable=True),
        sa.Column("after", WORD, nullable=False),
        sa.Column("owner", ID, nullable=True),
        sa.Column("why", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_history_ticket_id_tickets"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_history"),
    )
    op.create_index("ix_ticket_history_ticket_id", "ticket_history", ["ticket_id"])
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", ID, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("ticket_id", sa.Integer, nullable=True),
        sa.Column("unit", ID, nullable=False),
        sa.Column("person", ID, nullable=True),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("seen_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_notices_ticket_id_tickets"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("key", name="uq_notices_key"),
    )
    op.create_index("ix_notices_at", "notices", ["at"])


def _to_be_done() -> None:
    op.create_table(
        "callbacks",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("ticket_id", sa.Integer, nullable=False),
        sa.Column("call_id", ID, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("claimed_until", TIME, nullable=True),
        sa.Column("outcome", WORD, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_callbacks_call_id_calls"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_callbacks_ticket_id_tickets"),
        sa.PrimaryKeyConstraint("id", name="pk_callbacks"),
    )
    op.create_index("ix_callbacks_state_due_at", "callbacks", ["state", "due_at"])
    op.create_index("ix_callbacks_ticket_id", "callbacks", ["ticket_id"])
    op.create_table(
        "callback_tries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("callback_id", sa.Integer, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("role", ID, nullable=False),
        sa.Column("leg", ID, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("picked_up_at", TIME, nullable=True),
        sa.Column("accepted_at", TIME, nullable=True),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("outcome", WORD, nullable=True),
        sa.ForeignKeyConstraint(["callback_id"], ["callbacks.id"], name="fk_callback_tries_callback_id_callbacks"),
        sa.PrimaryKeyConstraint("id", name="pk_callback_tries"),
    )
    op.create_index("ix_callback_tries_callback_id", "callback_tries", ["callback_id"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("key", ID, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("claimed_until", TIME, nullable=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("gave_up_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
    )
    op.create_index("ix_outbox_done_at_due_at", "outbox", ["done_at", "due_at"])
    op.create_table(
        "sms_threads",
        sa.Column("caller_key", ID, nullable=False),
        sa.Column("state", JSON, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("caller_key", name="pk_sms_threads"),
    )


def _more_columns() -> None:
    op.add_column("attempts", sa.Column("person", ID, server_default=sa.text("''"), nullable=False))
    op.add_column("attempts", sa.Column("role", ID, server_default=sa.text("''"), nullable=False))
    op.add_column("attempts", sa.Column("rang_at", TIME, nullable=True))
    op.add_column("attempts", sa.Column("picked_up_at", TIME, nullable=True))
    op.add_column("attempts", sa.Column("bridged_at", TIME, nullable=True))
    op.create_index("ix_attempts_leg", "attempts", ["leg"])

    op.add_column("calls", sa.Column("caller_sealed", sa.Text, server_default=sa.text("''"), nullable=False))
    op.add_column("calls", sa.Column("rating", sa.Integer, nullable=True))
    op.add_column("calls", sa.Column("handed_on", sa.Integer, server_default="0", nullable=False))

    op.add_column("messages", sa.Column("text", sa.Text, nullable=True))
    op.add_column("messages", sa.Column("deleted_at", TIME, nullable=True))


def _more_of_tickets() -> None:
    op.add_column("tickets", sa.Column("matter", WORD, server_default="consultation", nullable=False))
    op.add_column("tickets", sa.Column("unit", ID, server_default=sa.text("''"), nullable=False))
    op.add_column("tickets", sa.Column("owner", ID, nullable=True))
    op.add_column("tickets", sa.Column("respond_by", TIME, nullable=True))
    op.add_column("tickets", sa.Column("resolve_by", TIME, nullable=True))
    op.add_column("tickets", sa.Column("first_response_at", TIME, nullable=True))
    op.add_column("tickets", sa.Column("calls", sa.Integer, server_default="1", nullable=False))
    op.add_column("tickets", sa.Column("tries", sa.Integer, server_default="0", nullable=False))
    op.add_column("tickets", sa.Column("reopened", sa.Integer, server_default="0", nullable=False))
    op.add_column("tickets", sa.Column("told", sa.Integer, server_default="0", nullable=False))
    op.add_column("tickets", sa.Column("told_resolve", sa.Integer, server_default="0", nullable=False))
    op.add_column("tickets", sa.Column("justified", sa.Boolean, nullable=True))
    op.add_column("tickets", sa.Column("missed", sa.Boolean, nullable=True))
    op.add_column("tickets", sa.Column("forgotten_at", TIME, nullable=True))
    op.create_index("ix_tickets_owner_state", "tickets", ["owner", "state"])
    op.create_index("ix_tickets_unit_state", "tickets", ["unit", "state"])

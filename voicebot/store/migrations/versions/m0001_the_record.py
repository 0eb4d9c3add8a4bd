"""The record: calls, turns, attempts, tickets, messages, and what is kept between webhooks.

Revision: 0001, the first
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(255)
WORD = sa.String(32)
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    _calls()
    _turns()
    _attempts()
    _tickets()
    _messages()
    _between_webhooks()
    op.create_table(
        "green_numbers",
        sa.Column("caller_key", ID, nullable=False),
        sa.Column("consent", sa.Text, nullable=False),
        sa.Column("registered_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("caller_key", name="pk_green_numbers"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "green_numbers",
        "call_states",
        "webhook_receipts",
        "stream_tokens",
        "messages",
        "tickets",
        "attempts",
        "turns",
        "calls",
    ):
        op.drop_table(table)


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", ID, nullable=False),
        sa.Column("channel", WORD, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("caller_key", ID, nullable=False),
        sa.Column("caller_last4", sa.String(4), nullable=False),
        sa.Column("line_number", sa.Text, nullable=False),
        sa.Column("green", sa.Boolean, nullable=False),
        sa.Column("end_reason", WORD),
        sa.Column("outcome", WORD, nullable=False),
        sa.Column("department", ID),
        sa.Column("topic", ID),
        sa.Column("first_audio_s", sa.Double),
        sa.Column("seconds", sa.Double),
        sa.Column("faq_version", ID, nullable=False),
        sa.Column("events", JSON, nullable=False),
        sa.Column("forgotten_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
    )
    op.create_index("ix_calls_started_at", "calls", ["started_at"])
    op.create_index("ix_calls_caller_key_started_at", "calls", ["caller_key", "started_at"])
    op.create_index("ix_calls_department_started_at", "calls", ["department", "started_at"])


def _turns() -> None:
    op.create_table(
        "turns",
        sa.Column("call_id", ID, nullable=False),
        sa.Column("n", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at_s", sa.Double, nullable=False),
        sa.Column("state", ID, nullable=False),
        sa.Column("heard", JSON, nullable=False),
        sa.Column("key", sa.String(1)),
        sa.Column("outcome", WORD),
        sa.Column("ranking", JSON),
        sa.Column("decision", WORD, nullable=False),
        sa.Column("entry", ID),
        sa.Column("audio_s", sa.Double, nullable=False),
        sa.Column("decode_s", sa.Double, nullable=False),
        sa.Column("answer_latency_s", sa.Double),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_turns_call_id_calls", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "n", name="pk_turns"),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("call_id", ID, nullable=False),
        sa.Column("whom", ID, nullable=False),
        sa.Column("leg", ID, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("accepted_at", TIME),
        sa.Column("ended_at", TIME),
        sa.Column("outcome", WORD),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_attempts_call_id_calls", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_call_id", "attempts", ["call_id"])


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("call_id", ID, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("reason", WORD, nullable=False),
        sa.Column("department", ID),
        sa.Column("topic", ID),
        sa.Column("caller_key", ID, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("closed_at", TIME),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_tickets_call_id_calls"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("call_id", "kind", name="uq_tickets_call_id_kind"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tickets_state_created_at", "tickets", ["state", "created_at"])
    op.create_index("ix_tickets_caller_key_topic", "tickets", ["caller_key", "topic"])


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("call_id", ID, nullable=False),
        sa.Column("ticket_id", sa.Integer),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("seconds", sa.Double),
        sa.Column("file", sa.Text),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("fetched_at", TIME),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_messages_call_id_calls", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_messages_ticket_id_tickets"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("call_id", "url", name="uq_messages_call_id_url"),
    )
    op.create_index("ix_messages_ticket_id", "messages", ["ticket_id"])


def _between_webhooks() -> None:
    op.create_table(
        "stream_tokens",
        sa.Column("hash", ID, nullable=False),
        sa.Column("call_id", ID, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_stream_tokens_call_id_calls", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash", name="pk_stream_tokens"),
    )
    op.create_index("ix_stream_tokens_expires_at", "stream_tokens", ["expires_at"])
    op.create_table(
        "webhook_receipts",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("claimed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_webhook_receipts"),
    )
    op.create_index("ix_webhook_receipts_claimed_at", "webhook_receipts", ["claimed_at"])
    op.create_table(
        "call_states",
        sa.Column("call_id", ID, nullable=False),
        sa.Column("state", JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_call_states_call_id_calls", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", name="pk_call_states"),
    )
    op.create_index("ix_call_states_saved_at", "call_states", ["saved_at"])

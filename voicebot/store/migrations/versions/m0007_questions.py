"""What staff do with the questions: drafts and versions, how each entry fared, groups of unanswered questions.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.String(255)
WORD = sa.String(32)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _editing()
    _counting()
    _gaps()


def _editing() -> None:
    op.create_table(
        "faq_drafts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("department", ID, nullable=False),
        sa.Column("file", ID, nullable=False),
        sa.Column("entry", ID, nullable=False),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("author", ID, nullable=False),
        sa.Column("author_name", ID, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("gap", sa.Integer, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_faq_drafts"),
    )
    op.create_index("ix_faq_drafts_state_department", "faq_drafts", ["state", "department"])
    op.create_index("ix_faq_drafts_author_state", "faq_drafts", ["author", "state"])
    op.create_table(
        "faq_versions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("department", ID, nullable=False),
        sa.Column("file", ID, nullable=False),
        sa.Column("entry", ID, nullable=False),
        sa.Column("who", ID, nullable=False),
        sa.Column("name", ID, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("commit_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_faq_versions"),
    )
    op.create_index("ix_faq_versions_file_entry", "faq_versions", ["file", "entry"])


def _counting() -> None:
    op.create_table(
        "counted_calls",
        sa.Column("call_id", ID, nullable=False),
        sa.Column("counted_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_counted_calls"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_counted_calls_call_id_calls", ondelete="CASCADE"),
    )
    op.create_table(
        "entry_weeks",
        sa.Column("entry", ID, nullable=False),
        sa.Column("week", sa.Date, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("right_", sa.Integer, nullable=False),
        sa.Column("confirmed", sa.Integer, nullable=False),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("entry", "week", name="pk_entry_weeks"),
    )
    op.create_index("ix_entry_weeks_week", "entry_weeks", ["week"])


def _gaps() -> None:
    op.create_table(
        "gap_groups",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("department", ID, nullable=True),
        sa.Column("by_hand", sa.Boolean, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("draft", sa.Integer, nullable=True),
        sa.Column("told", sa.Double, nullable=True),
        sa.Column("decided_by", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gap_groups"),
    )
    op.create_index("ix_gap_groups_state_department", "gap_groups", ["state", "department"])
    op.create_table(
        "gap_questions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("group_id", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_gap_questions"),
        sa.UniqueConstraint("key", name="uq_gap_questions_key"),
        sa.ForeignKeyConstraint(["group_id"], ["gap_groups.id"], name="fk_gap_questions_group_id_gap_groups"),
    )
    op.create_index("ix_gap_questions_group_id", "gap_questions", ["group_id"])
    op.create_table(
        "gap_asks",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("question_id", sa.Integer, nullable=False),
        sa.Column("call_id", ID, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("why", WORD, nullable=False),
        sa.Column("department", ID, nullable=True),
        sa.Column("counts", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gap_asks"),
        sa.ForeignKeyConstraint(
            ["question_id"], ["gap_questions.id"], name="fk_gap_asks_question_id_gap_questions", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_gap_asks_call_id_calls", ondelete="CASCADE"),
    )
    for column in ("question_id", "call_id", "at"):
        op.create_index(f"ix_gap_asks_{column}", "gap_asks", [column])


def downgrade() -> None:
    """Remove the tables."""
    for table in (
        "gap_asks",
        "gap_questions",
        "gap_groups",
        "entry_weeks",
        "counted_calls",
        "faq_versions",
        "faq_drafts",
    ):
        op.drop_table(table)

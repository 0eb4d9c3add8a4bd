"""The staff desk: accounts, who is logged in, links to choose a password, throttled logins, and an audit log that only
grows.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.String(255)
TIME = sa.DateTime(timezone=True)
INDEXES = {
    "desk_sessions": ["account_id", "expires_at"],
    "invites": ["account_id"],
    "login_tries": ["at", "key at"],
    "audit": ["at", "who at", "action at", "about at"],
}

POSTGRES = (
    """
CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit is only ever added to';
END $$
""",
    """
CREATE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_only_grows()
""",
    """
CREATE TRIGGER audit_all BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()
""",
)

SQLITE = (
    "CREATE TRIGGER audit_kept BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is only ever added to'); END",
    """
CREATE TRIGGER audit_never_less BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is only ever added to'); END
""",
    # INSERT OR REPLACE deletes without asking the trigger above.
    """
CREATE TRIGGER audit_never_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit is only ever added to'); END
""",
)


def upgrade() -> None:
    """Make the tables and the triggers."""
    op.create_table(
        "accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("unit", ID, nullable=True),
        sa.Column("password", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
    )
    op.create_table(
        "desk_sessions",
        sa.Column("hash", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_desk_sessions"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_desk_sessions_account_id_accounts"),
    )
    op.create_table(
        "invites",
        sa.Column("hash", ID, nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("hash", name="pk_invites"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_invites_account_id_accounts"),
    )
    op.create_table(
        "login_tries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", ID, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_tries"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("who", ID, nullable=False),
        sa.Column("role", ID, nullable=False),
        sa.Column("action", ID, nullable=False),
        sa.Column("about", ID, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    for table, indexes in INDEXES.items():
        for columns in indexes:
            op.create_index(f"ix_{table}_{columns.replace(' ', '_')}", table, columns.split())
    for statement in POSTGRES if _is_postgres() else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Remove them; the triggers go with their table."""
    for table in ("audit", "login_tries", "invites", "desk_sessions", "accounts"):
        op.drop_table(table)
    if _is_postgres():
        op.execute("DROP FUNCTION audit_only_grows()")


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"

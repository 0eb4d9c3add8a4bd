"""The answer that was given is kept with the turn: the FAQ may say something else when somebody asks what was heard.

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was said before is not known."""
    op.add_column("turns", sa.Column("said", sa.Text, nullable=True))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("turns", "said")

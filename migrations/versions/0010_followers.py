"""Create what followers of the log keep: how far they have come, and counts by kind.

Revision: 0010, after 0009.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; followers begin again from the first entry.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "follower_cursors",
        sa.Column("follower", sa.String(64), nullable=False),
        sa.Column("next_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("follower", name="pk_follower_cursors"),
    )
    op.create_table(
        "entry_counts",
        sa.Column("log", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("log", "kind", name="pk_entry_counts"),
    )


def downgrade() -> None:
    op.drop_table("entry_counts")
    op.drop_table("follower_cursors")

"""Create what is known of the log's past names and keys, and of the access log's closed shards.

Revision: 0020, after 0019.
Locks: none worth naming; the tables are new.
Reverse: drops them; `ledger log replay` says that they are gone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "log_keys",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(8), nullable=False),
        sa.Column("tree", sa.String(16), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("origin", "key_id", name="pk_log_keys"),
    )
    op.create_table(
        "closed_shards",
        sa.Column("tree", sa.String(16), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tree", name="pk_closed_shards"),
    )


def downgrade() -> None:
    op.drop_table("closed_shards")
    op.drop_table("log_keys")

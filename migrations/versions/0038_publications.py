"""Which days of a pool's spending are published.

Revision: 0038, after 0037.
Locks: none; the table is new.
Reverse: drops it; replaying the log fills it again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "pool_publications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_for", sa.Uuid(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("log_size", sa.BigInteger(), nullable=True),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.CheckConstraint("first_day <= last_day", name="ck_pool_publications_days_in_order"),
        sa.CheckConstraint(
            "(published_at IS NULL) = (log_size IS NULL)"
            " AND (published_at IS NULL) = (floor IS NULL)",
            name="ck_pool_publications_published_as_it_stood",
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pools.id"], name="fk_pool_publications_pool_id_pools"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pool_publications"),
    )
    op.create_index("ix_pool_publications_pool_id", "pool_publications", ["pool_id"])


def downgrade() -> None:
    op.drop_table("pool_publications")

"""Create what publishing the log keeps: published checkpoints, and how each witness does.

Revision: 0012, after 0011.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; the newest checkpoint is published again, and witnesses say by
    themselves how far they have come.

A published checkpoint is never changed. It may be deleted: of those that only repeat a size,
to show that the log is alive, the first and the newest are kept.
"""

import sqlalchemy as sa
from alembic import op

from migrations.fences import insert_only

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SIZE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "published",
        sa.Column("log", sa.String(16), nullable=False),
        sa.Column("size", SIZE, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("log", "size", "at", name="pk_published"),
    )
    insert_only("published", ["log,size,at"], may_delete=True)
    op.create_table(
        "witnesses",
        sa.Column("log", sa.String(16), nullable=False),
        sa.Column("witness", sa.String(255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("cosigned_at", MOMENT, nullable=True),
        sa.Column("took_ms", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("failures_in_a_row", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("log", "witness", name="pk_witnesses"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("REVOKE UPDATE ON published FROM care_ledger")


def downgrade() -> None:
    op.drop_table("witnesses")
    op.drop_table("published")

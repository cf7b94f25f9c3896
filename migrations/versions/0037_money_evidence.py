"""The grounds of payments, months whose roster was corrected, and what is reversed by itself.

Revision: 0037, after 0036.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; replaying the log fills them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pool_evidence",
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_evidence_pool_id_pools"),
        sa.PrimaryKeyConstraint("pool_id", "digest", name="pk_pool_evidence"),
    )
    op.create_table(
        "pool_corrected_months",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("roster_digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["pool_transactions.id"],
            name="fk_pool_corrected_months_transaction_id_pool_transactions",
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["pool_schemes.id"],
            name="fk_pool_corrected_months_scheme_id_pool_schemes",
        ),
        sa.PrimaryKeyConstraint("transaction_id", "month", name="pk_pool_corrected_months"),
    )
    op.create_index("ix_pool_corrected_months_of", "pool_corrected_months", ["scheme_id", "month"])
    op.create_table(
        "pool_reversals",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["pool_transactions.id"],
            name="fk_pool_reversals_transaction_id_pool_transactions",
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_reversals_pool_id_pools"),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_pool_reversals"),
    )
    op.create_index("ix_pool_reversals_due_on", "pool_reversals", ["due_on"])


def downgrade() -> None:
    op.drop_table("pool_reversals")
    op.drop_table("pool_corrected_months")
    op.drop_table("pool_evidence")

"""What banks and general ledgers say, beside what is recorded; positions that pools start from.

Revision: 0035, after 0034.
Locks: briefly ``pool_transactions``, which gets triggers; every table is new.
Reverse: drops the tables; replaying the log fills them again.
"""

import sqlalchemy as sa
from alembic import op

from migrations import opening_fences

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _code_lists()
    _reconciliations()
    _said()
    opening_fences.put()


def downgrade() -> None:
    opening_fences.take_away()
    for table in (
        "pool_differences_said",
        "pool_matches_said",
        "pool_reconciliations",
        "pool_code_lists",
    ):
        op.drop_table(table)


def _code_lists() -> None:
    op.create_table(
        "pool_code_lists",
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_code_lists_pool_id_pools"),
        sa.PrimaryKeyConstraint("pool_id", "organisation_id", "version", name="pk_pool_code_lists"),
    )


def _reconciliations() -> None:
    op.create_table(
        "pool_reconciliations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("opening_minor", sa.BigInteger(), nullable=True),
        sa.Column("closing_minor", sa.BigInteger(), nullable=True),
        sa.Column("file_digest", sa.String(64), nullable=False),
        sa.Column("lines_digest", sa.String(64), nullable=False),
        sa.Column("lines_count", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_size", sa.BigInteger(), nullable=True),
        sa.Column("rules_version", sa.Integer(), nullable=True),
        sa.Column("codes_version", sa.Integer(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("prepared_by", sa.Uuid(), nullable=True),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result_digest", sa.String(64), nullable=True),
        sa.Column("open_theirs_digest", sa.String(64), nullable=True),
        sa.Column("open_ours_digest", sa.String(64), nullable=True),
        sa.CheckConstraint(
            "first_day <= last_day", name=op.f("ck_pool_reconciliations_days_in_order")
        ),
        sa.CheckConstraint(
            "signed_by <> prepared_by", name=op.f("ck_pool_reconciliations_second_pair_of_eyes")
        ),
        sa.CheckConstraint(
            "signed_by IS NULL OR (prepared_by IS NOT NULL AND log_size IS NOT NULL)",
            name=op.f("ck_pool_reconciliations_prepared_before_signed"),
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pools.id"], name="fk_pool_reconciliations_pool_id_pools"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pool_reconciliations"),
    )
    op.create_index(
        "ix_pool_reconciliations_of",
        "pool_reconciliations",
        ["pool_id", "organisation_id", "source", "last_day"],
    )


def _said() -> None:
    of = "pool_reconciliations"
    op.create_table(
        "pool_matches_said",
        sa.Column("reconciliation_id", sa.Uuid(), nullable=False),
        sa.Column("finding", sa.String(24), nullable=False),
        sa.Column("says", sa.String(8), nullable=False),
        sa.Column("their_lines", sa.JSON(), nullable=False),
        sa.Column("our_lines", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "says IN ('accepted', 'rejected')", name=op.f("ck_pool_matches_said_says")
        ),
        sa.ForeignKeyConstraint(
            ["reconciliation_id"], [f"{of}.id"], name=f"fk_pool_matches_said_reconciliation_id_{of}"
        ),
        sa.PrimaryKeyConstraint("reconciliation_id", "finding", name="pk_pool_matches_said"),
    )
    op.create_table(
        "pool_differences_said",
        sa.Column("reconciliation_id", sa.Uuid(), nullable=False),
        sa.Column("finding", sa.String(24), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reconciliation_id"],
            [f"{of}.id"],
            name=f"fk_pool_differences_said_reconciliation_id_{of}",
        ),
        sa.PrimaryKeyConstraint("reconciliation_id", "finding", name="pk_pool_differences_said"),
    )

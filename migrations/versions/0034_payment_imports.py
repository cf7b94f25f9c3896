"""Payments read from files, and many postings judged at once.

Revision: 0034, after 0033.
Locks: briefly ``pool_postings``, whose triggers change; the tables are new.
Reverse: drops the tables and judges each posting by itself again. It needs a log without
imports of payments.
"""

import sqlalchemy as sa
from alembic import op

from migrations import import_fences
from migrations.fences import insert_only

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = ("payment_files", "pool_payments", "pool_import_approvals", "pool_imports")


def upgrade() -> None:
    create_imports()
    create_payments()
    create_files()
    insert_only("pool_import_approvals", ["import_id,person_id"])
    insert_only("pool_payments", ["import_id,line"])
    import_fences.fence()


def create_imports() -> None:
    op.create_table(
        "pool_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("file_commitment", sa.String(64), nullable=False),
        sa.Column("rows_digest", sa.String(64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("people", sa.SmallInteger(), nullable=False),
        sa.Column("voice", sa.String(16), nullable=False),
        sa.Column("rank", sa.String(32), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_pool_imports"),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_imports_pool_id"),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'posted', 'dropped')",
            name=op.f("ck_pool_imports_state"),
        ),
    )
    op.create_index("ix_pool_imports_of", "pool_imports", ["pool_id", "state"])
    op.create_table(
        "pool_import_approvals",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.String(32), nullable=False),
        sa.Column("approved_at", MOMENT, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "person_id", name="pk_pool_import_approvals"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["pool_imports.id"], name="fk_pool_import_approvals_import_id"
        ),
        sa.CheckConstraint(
            "person_id <> maker_id", name=op.f("ck_pool_import_approvals_second_pair_of_eyes")
        ),
    )


def create_payments() -> None:
    op.create_table(
        "pool_payments",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.SmallInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "line", name="pk_pool_payments"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["pool_imports.id"], name="fk_pool_payments_import_id"
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["pool_transactions.id"], name="fk_pool_payments_transaction"
        ),
    )
    op.create_index("ix_pool_payments_identity", "pool_payments", ["pool_id", "reference"])
    op.create_index("ix_pool_payments_transaction", "pool_payments", ["transaction_id", "seq"])


def create_files() -> None:
    op.create_table(
        "payment_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("stage", sa.String(8), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("rows_all", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_payment_files"),
    )
    op.create_index("ix_payment_files_pool", "payment_files", ["pool_id", "sha256"])
    op.create_index("ix_payment_files_stage", "payment_files", ["stage"])


def downgrade() -> None:
    import_fences.unfence()
    for table in TABLES:
        op.drop_table(table)

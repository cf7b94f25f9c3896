"""Payment models, instalments, the overspend clock, and the stages of a period's closing.

Revision: 0027, after 0026.
Locks: briefly ``pool_periods`` and ``pool_transactions``, which get columns; the tables are new.
Reverse: drops the tables and columns; replaying the log fills them again. It needs a log
without the new events: what has posted by them cannot be undone.
"""

import sqlalchemy as sa
from alembic import op

from migrations import payment_fences, pool_fences

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "pool_capitation_months",
    "pool_bundles",
    "pool_settlements",
    "pool_instalments",
    "pool_overspends",
)


def upgrade() -> None:
    op.add_column(
        "pool_periods",
        sa.Column("stage", sa.String(16), nullable=False, server_default="open"),
    )
    op.add_column("pool_transactions", sa.Column("capital", sa.Boolean(), nullable=True))
    op.add_column("pool_transactions", sa.Column("vat", sa.String(16), nullable=True))
    create_payment_models()
    create_clocks()
    payment_fences.put(payment_fences.refusals())


def create_payment_models() -> None:
    op.create_table(
        "pool_capitation_months",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("roster_digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_pool_capitation_months"),
        *refer("pool_capitation_months", transaction_id="pool_transactions"),
        *refer("pool_capitation_months", pool_id="pools", scheme_id="pool_schemes"),
    )
    op.create_index(
        "ix_pool_capitation_months_of", "pool_capitation_months", ["scheme_id", "month"]
    )
    op.create_table(
        "pool_bundles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("started", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pool_bundles"),
        sa.CheckConstraint(
            "done >= 0 AND cancelled >= 0 AND done + cancelled <= started",
            name=op.f("ck_pool_bundles_episodes"),
        ),
        *refer("pool_bundles", id="pool_commitments", pool_id="pools"),
    )
    op.create_index("ix_pool_bundles_pool_id", "pool_bundles", ["pool_id"])
    op.create_table(
        "pool_settlements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("run", sa.String(16), nullable=False),
        sa.Column("inputs_digest", sa.String(64), nullable=False),
        sa.Column("posted", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pool_settlements"),
        *refer("pool_settlements", pool_id="pools", scheme_id="pool_schemes"),
    )
    op.create_index("ix_pool_settlements_pool_id", "pool_settlements", ["pool_id"])


def create_clocks() -> None:
    op.create_table(
        "pool_instalments",
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("pool_id", "key", "number", name="pk_pool_instalments"),
        *refer("pool_instalments", pool_id="pools"),
    )
    op.create_index("ix_pool_instalments_due", "pool_instalments", ["due_on", "transaction_id"])
    op.create_table(
        "pool_overspends",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("scheme_id", "transaction_id", name="pk_pool_overspends"),
        *refer("pool_overspends", scheme_id="pool_schemes", pool_id="pools"),
        *refer("pool_overspends", transaction_id="pool_transactions"),
    )
    op.create_index("ix_pool_overspends_open", "pool_overspends", ["pool_id", "ended_at"])


def refer(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}")
        for column, to in columns.items()
    ]


def downgrade() -> None:
    payment_fences.put(pool_fences.SEAL_REFUSALS)
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("pool_transactions", "vat")
    op.drop_column("pool_transactions", "capital")
    op.drop_column("pool_periods", "stage")

"""Create pools, accounts and postings, and have the database keep them balanced.

Revision: 0007, after 0006.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; a replay of the log makes projected state again.
"""

import sqlalchemy as sa
from alembic import op

from migrations.fences import insert_only
from migrations.pool_fences import fence, unfence

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "pools",
    "pool_partners",
    "pool_providers",
    "pool_periods",
    "pool_schemes",
    "pool_accounts",
    "pool_balances",
    "pool_seals",
    "pool_proposals",
    "pool_approvals",
    "pool_commitments",
    "pool_transactions",
    "pool_postings",
)


def upgrade() -> None:
    create_pools()
    create_transactions()
    insert_only("pool_accounts", ["id"])
    insert_only("pool_approvals", ["proposal_id,person_id"])
    insert_only("pool_transactions", ["id", "entry_id", "reverses"])
    insert_only("pool_postings", ["transaction_id,seq", "account_id,account_seq"])
    insert_only("pool_seals", ["transaction_id"])
    fence()


def create_pools() -> None:
    op.create_table(
        "pools",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("data_agreement_id", sa.Uuid(), nullable=True),
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pools"),
        sa.UniqueConstraint("agreement_id", name="uq_pools_agreement_id"),
    )
    op.create_table(
        "pool_partners",
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pool_id", "organisation_id", name="pk_pool_partners"),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_partners_pool_id"),
    )
    op.create_index("ix_pool_partners_organisation_id", "pool_partners", ["organisation_id"])
    op.create_table(
        "pool_providers",
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("pool_id", "organisation_id", name="pk_pool_providers"),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_providers_pool_id"),
    )
    op.create_index("ix_pool_providers_organisation_id", "pool_providers", ["organisation_id"])
    op.create_table(
        "pool_periods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_pool_periods"),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_pool_periods_days_in_order")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_periods_pool_id"),
    )
    op.create_index("ix_pool_periods_pool_id", "pool_periods", ["pool_id"])
    op.create_table(
        "pool_schemes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("place", sa.String(100), nullable=True),
        sa.Column("ring_fenced", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pool_schemes"),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_schemes_pool_id"),
        sa.UniqueConstraint("pool_id", "rank", name="uq_pool_schemes_rank"),
    )
    op.create_table(
        "pool_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("head", sa.String(32), nullable=False),
        sa.Column("of", sa.Uuid(), nullable=True),
        sa.Column("book", sa.String(1), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("floor_minor", sa.BigInteger(), nullable=True),
        sa.Column("ceiling_minor", sa.BigInteger(), nullable=True),
        sa.Column("yields", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pool_accounts"),
        sa.CheckConstraint("book IN ('F', 'B')", name=op.f("ck_pool_accounts_book")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_accounts_pool_id"),
        sa.UniqueConstraint("id", "pool_id", "book", "currency", name="uq_pool_accounts_identity"),
    )
    op.create_index("ix_pool_accounts_pool_id", "pool_accounts", ["pool_id"])
    op.create_table(
        "pool_balances",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("postings_count", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_pool_balances"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["pool_accounts.id"], name="fk_pool_balances_account_id"
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_balances_pool_id"),
    )
    op.create_index("ix_pool_balances_pool_id", "pool_balances", ["pool_id"])


def create_transactions() -> None:
    op.create_table(
        "pool_seals",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("postings_count", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_pool_seals"),
    )
    op.create_table(
        "pool_proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("controlled_as", sa.String(32), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_pool_proposals"),
        sa.CheckConstraint(
            "state IN ('waiting', 'posted', 'dropped')", name=op.f("ck_pool_proposals_state")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_proposals_pool_id"),
        sa.UniqueConstraint("id", "maker_id", name="uq_pool_proposals_maker"),
    )
    op.create_index("ix_pool_proposals_waiting", "pool_proposals", ["pool_id", "state"])
    op.create_table(
        "pool_approvals",
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("approved_at", MOMENT, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", "person_id", name="pk_pool_approvals"),
        sa.CheckConstraint(
            "person_id <> maker_id", name=op.f("ck_pool_approvals_second_pair_of_eyes")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id", "maker_id"],
            ["pool_proposals.id", "pool_proposals.maker_id"],
            name="fk_pool_approvals_proposal",
        ),
    )
    op.create_table(
        "pool_commitments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(200), nullable=True),
        sa.Column("committed_minor", sa.BigInteger(), nullable=False),
        sa.Column("spent_minor", sa.BigInteger(), nullable=False),
        sa.Column("released_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pool_commitments"),
        sa.CheckConstraint(
            "spent_minor >= 0 AND released_minor >= 0"
            " AND spent_minor + released_minor <= committed_minor",
            name=op.f("ck_pool_commitments_never_more_than_promised"),
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_commitments_pool_id"),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["pool_schemes.id"], name="fk_pool_commitments_scheme_id"
        ),
    )
    op.create_index("ix_pool_commitments_pool_id", "pool_commitments", ["pool_id"])
    op.create_table(
        "pool_transactions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_version", sa.Integer(), nullable=False),
        sa.Column("clause", sa.String(32), nullable=False),
        sa.Column("reference", sa.String(200), nullable=True),
        sa.Column("basis", sa.String(200), nullable=True),
        sa.Column("commitment_id", sa.Uuid(), nullable=True),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("relates_to", sa.Date(), nullable=True),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("liability", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pool_transactions"),
        sa.ForeignKeyConstraint(
            ["period_id"], ["pool_periods.id"], name="fk_pool_transactions_period_id"
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_transactions_pool_id"),
        sa.ForeignKeyConstraint(
            ["reverses"], ["pool_transactions.id"], name="fk_pool_transactions_reverses"
        ),
        sa.ForeignKeyConstraint(
            ["id"],
            ["pool_seals.transaction_id"],
            name="fk_pool_transactions_sealed",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.UniqueConstraint("entry_id", name="uq_pool_transactions_entry_id"),
        sa.UniqueConstraint("id", "pool_id", name="uq_pool_transactions_identity"),
        sa.UniqueConstraint("reverses", name="uq_pool_transactions_reverses"),
    )
    op.create_index(
        "ix_pool_transactions_order", "pool_transactions", ["pool_id", "recorded_at", "id"]
    )
    op.create_table(
        "pool_postings",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("book", sa.String(1), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("balance_after_minor", sa.BigInteger(), nullable=False),
        sa.Column("account_seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("source", sa.String(64), nullable=True),
        sa.Column("nature", sa.String(32), nullable=True),
        sa.Column("recurrent", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("transaction_id", "seq", name="pk_pool_postings"),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_pool_postings_not_zero")),
        sa.ForeignKeyConstraint(
            ["account_id", "pool_id", "book", "currency"],
            [
                "pool_accounts.id",
                "pool_accounts.pool_id",
                "pool_accounts.book",
                "pool_accounts.currency",
            ],
            name="fk_pool_postings_account",
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id", "pool_id"],
            ["pool_transactions.id", "pool_transactions.pool_id"],
            name="fk_pool_postings_transaction",
        ),
        sa.UniqueConstraint("account_id", "account_seq", name="uq_pool_postings_order"),
    )
    op.create_index(
        "ix_pool_postings_as_of", "pool_postings", ["account_id", "recorded_at", "account_seq"]
    )


def downgrade() -> None:
    unfence()
    for table in reversed(TABLES):
        op.drop_table(table)

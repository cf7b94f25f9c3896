"""Overspends beyond the budget: their days, plans, caps lifted, resolutions and early warnings.

Revision: 0033, after 0032.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; replaying the log fills them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "pool_overspend_clocks",
    "pool_action_plans",
    "pool_plan_acceptances",
    "pool_cap_lifts",
    "pool_resolutions",
    "pool_early_warnings",
)


def upgrade() -> None:
    create_clocks()
    create_plans()
    create_resolutions()


def create_clocks() -> None:
    op.create_table(
        "pool_overspend_clocks",
        needed("scheme_id", sa.Uuid()),
        needed("transaction_id", sa.Uuid()),
        needed("pool_id", sa.Uuid()),
        needed("told_minor", sa.BigInteger()),
        needed("noted_at", MOMENT),
        needed("notice_by", sa.Date()),
        needed("plan_by", sa.Date()),
        sa.Column("explained_at", MOMENT, nullable=True),
        sa.Column("cause", sa.String(16), nullable=True),
        needed("notice_reminders", sa.SmallInteger()),
        needed("plan_reminders", sa.SmallInteger()),
        sa.PrimaryKeyConstraint("scheme_id", "transaction_id", name="pk_pool_overspend_clocks"),
        *refer("pool_overspend_clocks", scheme_id="pool_schemes", pool_id="pools"),
        *refer("pool_overspend_clocks", transaction_id="pool_transactions"),
    )
    op.create_index("ix_pool_overspend_clocks_pool_id", "pool_overspend_clocks", ["pool_id"])
    op.create_table(
        "pool_early_warnings",
        needed("id", sa.Uuid()),
        needed("pool_id", sa.Uuid()),
        needed("scheme_id", sa.Uuid()),
        needed("forecast_minor", sa.BigInteger()),
        needed("budget_minor", sa.BigInteger()),
        needed("raised_at", MOMENT),
        sa.Column("cleared_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_pool_early_warnings"),
        *refer("pool_early_warnings", scheme_id="pool_schemes", pool_id="pools"),
    )
    op.create_index("ix_pool_early_warnings_pool_id", "pool_early_warnings", ["pool_id"])


def create_plans() -> None:
    op.create_table(
        "pool_action_plans",
        needed("id", sa.Uuid()),
        needed("pool_id", sa.Uuid()),
        needed("scheme_id", sa.Uuid()),
        needed("transaction_id", sa.Uuid()),
        needed("actions", sa.JSON()),
        needed("given_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_pool_action_plans"),
        *refer("pool_action_plans", scheme_id="pool_schemes", pool_id="pools"),
    )
    op.create_index("ix_pool_action_plans_pool_id", "pool_action_plans", ["pool_id"])
    op.create_table(
        "pool_plan_acceptances",
        needed("plan_id", sa.Uuid()),
        needed("organisation_id", sa.Uuid()),
        needed("person_id", sa.Uuid()),
        needed("accepted_at", MOMENT),
        sa.PrimaryKeyConstraint("plan_id", "organisation_id", name="pk_pool_plan_acceptances"),
        *refer("pool_plan_acceptances", plan_id="pool_action_plans"),
    )


def create_resolutions() -> None:
    op.create_table(
        "pool_cap_lifts",
        needed("id", sa.Uuid()),
        needed("pool_id", sa.Uuid()),
        needed("scheme_id", sa.Uuid()),
        needed("organisation_id", sa.Uuid()),
        needed("person_id", sa.Uuid()),
        needed("up_to_minor", sa.BigInteger()),
        needed("entry_id", sa.Uuid()),
        needed("agreed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_pool_cap_lifts"),
        *refer("pool_cap_lifts", scheme_id="pool_schemes", pool_id="pools"),
    )
    op.create_index("ix_pool_cap_lifts_scheme_id", "pool_cap_lifts", ["scheme_id"])
    op.create_table(
        "pool_resolutions",
        needed("id", sa.Uuid()),
        needed("pool_id", sa.Uuid()),
        needed("scheme_id", sa.Uuid()),
        needed("overspent_minor", sa.BigInteger()),
        needed("uncovered_minor", sa.BigInteger()),
        needed("steps", sa.JSON()),
        needed("shares", sa.JSON()),
        needed("shares_clause", sa.String(32)),
        needed("digest", sa.String(64)),
        needed("begun_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_pool_resolutions"),
        *refer("pool_resolutions", scheme_id="pool_schemes", pool_id="pools"),
    )
    op.create_index("ix_pool_resolutions_scheme_id", "pool_resolutions", ["scheme_id"])


def needed(name: str, kind: sa.types.TypeEngine) -> sa.Column:
    return sa.Column(name, kind, nullable=False)


def refer(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}")
        for column, to in columns.items()
    ]


def downgrade() -> None:
    for table in (*reversed(TABLES[1:3]), TABLES[0], *TABLES[3:]):
        op.drop_table(table)

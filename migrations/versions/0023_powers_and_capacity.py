"""Powers to act for a patient, findings about capacity, and deaths.

Revision: 0023, after 0022.
Locks: none; the tables are new.
Reverse: drops the tables; replaying the log fills them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "powers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("power", sa.String(32), nullable=False),
        sa.Column("basis", sa.String(32), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("verified_by", sa.String(80), nullable=True),
        sa.Column("end_reason", sa.String(32), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_powers"),
        _refers("powers", "patient_id", "patients"),
        _refers("powers", "person_id", "people"),
        _refers("powers", "organisation_id", "organisations"),
    )
    op.create_index("ix_powers_patient_id", "powers", ["patient_id"])
    op.create_index("ix_powers_person_id", "powers", ["person_id"])
    op.create_table(
        "power_steps",
        sa.Column("power_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("power_id", "n", name="pk_power_steps"),
        _refers("power_steps", "power_id", "powers"),
    )
    op.create_table(
        "capacity_findings",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("finding", sa.String(32), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_capacity_findings"),
        sa.UniqueConstraint("patient_id", "n", name="uq_capacity_findings_patient_id"),
        _refers("capacity_findings", "patient_id", "patients"),
        _refers("capacity_findings", "organisation_id", "organisations"),
    )
    op.create_index(
        "ix_capacity_findings_organisation_id", "capacity_findings", ["organisation_id"]
    )
    op.create_table(
        "deaths",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name="pk_deaths"),
        _refers("deaths", "patient_id", "patients"),
    )


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}_{to}")


def downgrade() -> None:
    for table in ("deaths", "capacity_findings", "power_steps", "powers"):
        op.drop_table(table)

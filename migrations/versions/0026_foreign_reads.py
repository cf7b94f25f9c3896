"""What source systems say was read, and when the sender of a quarantined consent was asked.

Revision: 0026, after 0025.
Locks: briefly ``consent_quarantine``, which gets a column; the table is new.
Reverse: drops the table and the column; replaying the log fills them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("consent_quarantine", sa.Column("asked_at", MOMENT, nullable=True))
    op.create_table(
        "access_reported_reads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("source_key", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("action", sa.String(1), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("finding", sa.String(32), nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("justified", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_access_reported_reads"),
        sa.UniqueConstraint("source_key", name="uq_access_reported_reads_source_key"),
    )
    op.create_index(
        "ix_access_reported_reads_of_patient", "access_reported_reads", ["patient_id", "read_at"]
    )
    op.create_index(
        "ix_access_reported_reads_flagged",
        "access_reported_reads",
        ["organisation_id", "finding", "settled_at"],
    )


def downgrade() -> None:
    op.drop_index("ix_access_reported_reads_flagged", "access_reported_reads")
    op.drop_index("ix_access_reported_reads_of_patient", "access_reported_reads")
    op.drop_table("access_reported_reads")
    op.drop_column("consent_quarantine", "asked_at")

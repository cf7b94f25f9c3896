"""Create consents and where each patient stands.

Revision: 0005, after 0004.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; a replay of the log makes projected state again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "patient_consent_states",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name="pk_patient_consent_states"),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("category", sa.String(500), nullable=False),
        sa.Column("controller", sa.String(500), nullable=True),
        sa.Column("grantor", sa.String(80), nullable=False),
        sa.Column("capacity", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("log_order", sa.Integer(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_patient_id", "consents", ["patient_id"])
    op.create_index("ix_consents_agreement_id", "consents", ["agreement_id"])
    op.create_table(
        "consent_versions",
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("base", sa.String(32), nullable=True),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("parties", sa.JSON(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("notice", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("consent_id", "number", name="pk_consent_versions"),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["consents.id"], name="fk_consent_versions_consent_id"
        ),
    )
    op.create_table(
        "consent_events",
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", "n", name="pk_consent_events"),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["consents.id"], name="fk_consent_events_consent_id"
        ),
    )
    op.create_table(
        "consent_quarantine",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("doubts", sa.JSON(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_consent_quarantine"),
    )
    op.create_index("ix_consent_quarantine_patient_id", "consent_quarantine", ["patient_id"])
    op.create_index(
        "ix_consent_quarantine_organisation_id", "consent_quarantine", ["organisation_id"]
    )


def downgrade() -> None:
    for table in (
        "consent_quarantine",
        "consent_events",
        "consent_versions",
        "consents",
        "patient_consent_states",
    ):
        op.drop_table(table)

"""Records that are one patient's, that are in doubt, and that were begun anew.

Revision: 0024, after 0023.
Locks: briefly ``patients``, which gets a column; the tables are new.
Reverse: drops the tables and the column; replaying the log fills them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _patient(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["patients.id"], name=f"fk_{table}_{column}_patients")


def upgrade() -> None:
    op.add_column("patients", sa.Column("closed_at", MOMENT, nullable=True))
    _proposals()
    op.create_table(
        "patient_joins",
        sa.Column("superseded_id", sa.Uuid(), nullable=False),
        sa.Column("surviving_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("superseded_id", name="pk_patient_joins"),
        _patient("patient_joins", "superseded_id"),
        _patient("patient_joins", "surviving_id"),
    )
    op.create_index("ix_patient_joins_surviving_id", "patient_joins", ["surviving_id"])
    op.create_table(
        "patient_records",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name="pk_patient_records"),
        _patient("patient_records", "patient_id"),
        _patient("patient_records", "root_id"),
    )
    op.create_index("ix_patient_records_root_id", "patient_records", ["root_id"])
    op.create_table(
        "patient_doubts",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name="pk_patient_doubts"),
        _patient("patient_doubts", "patient_id"),
    )
    op.create_index("ix_patient_doubts_organisation_id", "patient_doubts", ["organisation_id"])
    op.create_table(
        "restricted_links",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("old_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("new_hmac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name="pk_restricted_links"),
        sa.UniqueConstraint("old_hmac", name="uq_restricted_links_old_hmac"),
        sa.UniqueConstraint("new_hmac", name="uq_restricted_links_new_hmac"),
    )
    _consent()
    _breaches()


def _proposals() -> None:
    op.create_table(
        "identity_proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("surviving_id", sa.Uuid(), nullable=False),
        sa.Column("superseded_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.String(32), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_identity_proposals"),
        _patient("identity_proposals", "surviving_id"),
        _patient("identity_proposals", "superseded_id"),
    )
    for column in ("surviving_id", "superseded_id", "organisation_id"):
        op.create_index(f"ix_identity_proposals_{column}", "identity_proposals", [column])


def _consent() -> None:
    op.create_table(
        "joined_records",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", "other_id", name="pk_joined_records"),
    )
    op.create_table(
        "doubted_records",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name="pk_doubted_records"),
    )
    op.create_table(
        "settled_conflicts",
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("at_order", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", name="pk_settled_conflicts"),
    )


def _breaches() -> None:
    op.create_table(
        "possible_breaches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("notified", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_possible_breaches"),
    )
    op.create_index("ix_possible_breaches_patient_id", "possible_breaches", ["patient_id"])
    op.create_index(
        "ix_possible_breaches_organisation_id", "possible_breaches", ["organisation_id"]
    )


def downgrade() -> None:
    op.drop_table("possible_breaches")
    op.drop_table("settled_conflicts")
    op.drop_table("doubted_records")
    op.drop_table("joined_records")
    op.drop_table("restricted_links")
    op.drop_table("patient_doubts")
    op.drop_table("patient_records")
    op.drop_table("patient_joins")
    op.drop_table("identity_proposals")
    op.drop_column("patients", "closed_at")

"""The opt-out register, who stands aside, and what privacy officers settle.

Revision: 0025, after 0024.
Locks: briefly ``access_overrides``, which gets two columns; the tables are new.
Reverse: drops the tables and columns; replaying the log fills them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "patient_marks",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("opt_out_entry_id", sa.Uuid(), nullable=True),
        sa.Column("hiding_entry_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", name="pk_patient_marks"),
    )
    op.create_table(
        "opt_out_registers",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("lists", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("opted_out", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_opt_out_registers"),
    )
    epochs = op.create_table(
        "access_epochs",
        sa.Column("of", sa.String(16), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("of", name="pk_access_epochs"),
    )
    # There from the start, so that they can be locked.
    op.bulk_insert(epochs, [{"of": "register", "n": 0}, {"of": "standing", "n": 0}])
    _standing()
    _settling()
    op.add_column("access_overrides", sa.Column("seconded_at", MOMENT, nullable=True))
    op.add_column("access_overrides", sa.Column("seconded_by", sa.Uuid(), nullable=True))


def _standing() -> None:
    op.create_table(
        "access_recusals",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "patient_id", name="pk_access_recusals"),
    )
    op.create_index("ix_access_recusals_patient_id", "access_recusals", ["patient_id"])
    op.create_table(
        "access_suspensions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_access_suspensions"),
    )
    op.create_index(
        "ix_access_suspensions_organisation_id", "access_suspensions", ["organisation_id"]
    )


def _settling() -> None:
    op.create_table(
        "access_conflicts",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("met", sa.String(32), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("patient_id", "organisation_id", "met", name="pk_access_conflicts"),
    )
    op.create_index("ix_access_conflicts_id", "access_conflicts", ["id"])
    op.create_index(
        "ix_access_conflicts_waiting", "access_conflicts", ["organisation_id", "closed_at"]
    )
    op.create_table(
        "access_withholdings",
        sa.Column("override_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.String(32), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("override_id", name="pk_access_withholdings"),
    )
    op.create_index("ix_access_withholdings_patient_id", "access_withholdings", ["patient_id"])


def downgrade() -> None:
    op.drop_column("access_overrides", "seconded_by")
    op.drop_column("access_overrides", "seconded_at")
    for table in (
        "access_withholdings",
        "access_conflicts",
        "access_suspensions",
        "access_recusals",
        "access_epochs",
        "opt_out_registers",
        "patient_marks",
    ):
        op.drop_table(table)

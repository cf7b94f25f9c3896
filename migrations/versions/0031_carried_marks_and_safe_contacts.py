"""Opt-outs carried over to a record begun anew, and where patients want to be told things.

Revision: 0031, after 0030.
Locks: briefly ``patient_marks``, which gets a column; the table is new.
Reverse: drops both; replaying the log fills them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patient_marks", sa.Column("carried_entry_id", sa.Uuid(), nullable=True))
    op.create_table(
        "safe_contacts",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name="pk_safe_contacts"),
    )


def downgrade() -> None:
    op.drop_table("safe_contacts")
    op.drop_column("patient_marks", "carried_entry_id")

"""What patients ask, or complain of, about who looked.

Revision: 0030, after 0029.
Locks: briefly ``possible_breaches``, whose consent becomes optional; the tables are new.
Reverse: drops the tables; breaches without a consent are dropped, as earlier versions know none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "look_matters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("look_id", sa.Uuid(), nullable=False),
        sa.Column("looked_by", sa.Uuid(), nullable=True),
        sa.Column("asking_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("escalated_to", sa.Uuid(), nullable=True),
        sa.Column("sort", sa.String(16), nullable=False),
        sa.Column("raised_by", sa.String(64), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("acknowledge_by", sa.Date(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_look_matters"),
    )
    op.create_index("ix_look_matters_patient_id", "look_matters", ["patient_id"])
    op.create_index("ix_look_matters_owner", "look_matters", ["owner_id", "answered_at"])
    op.create_index("ix_look_matters_escalated", "look_matters", ["escalated_to", "answered_at"])
    op.create_index("ix_look_matters_due", "look_matters", ["answered_at", "escalated_to"])
    op.create_table(
        "look_matter_steps",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_look_matter_steps"),
    )
    op.create_index("ix_look_matter_steps_matter_id", "look_matter_steps", ["matter_id"])
    _consent(nullable=True)


def _consent(*, nullable: bool) -> None:
    with op.batch_alter_table("possible_breaches") as table:
        table.alter_column("consent_id", existing_type=sa.Uuid(), nullable=nullable)


def downgrade() -> None:
    op.execute("DELETE FROM possible_breaches WHERE consent_id IS NULL")
    _consent(nullable=False)
    op.drop_table("look_matter_steps")
    op.drop_table("look_matters")

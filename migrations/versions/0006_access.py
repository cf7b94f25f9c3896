"""Create what decisions about access leave behind.

Revision: 0006, after 0005.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; a replay of the log makes projected state again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "access_overrides",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reason_code", sa.String(32), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("reviewed_at", MOMENT, nullable=True),
        sa.Column("reviewer_id", sa.Uuid(), nullable=True),
        sa.Column("justified", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_access_overrides"),
    )
    op.create_index(
        "ix_access_overrides_open", "access_overrides", ["patient_id", "person_id", "ends_at"]
    )
    op.create_index(
        "ix_access_overrides_unreviewed", "access_overrides", ["organisation_id", "reviewed_at"]
    )
    op.create_table(
        "access_alerts",
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("alert", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint(
            "raised_on", "organisation_id", "holder_id", "alert", name="pk_access_alerts"
        ),
    )
    op.create_index("ix_access_alerts_holder_id", "access_alerts", ["holder_id"])


def downgrade() -> None:
    op.drop_table("access_alerts")
    op.drop_table("access_overrides")

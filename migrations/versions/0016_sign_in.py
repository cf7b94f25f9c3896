"""Add what signing in keeps: each session's browser, recovery, notices, used logout tokens.

Revision: 0016, after 0015.
Locks: `sessions` for a moment, to add a column that may be empty.
Reverse: drops the tables and the column. Recovery codes and unread notices are lost.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("sessions", sa.Column("user_agent", sa.String(300), nullable=True))
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_recovery_codes"),
    )
    op.create_index("ix_recovery_codes_person_id", "recovery_codes", ["person_id"])
    op.create_table(
        "recoveries",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("means", sa.String(32), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_recoveries"),
    )
    op.create_index("ix_recoveries_person_id", "recoveries", ["person_id"])
    op.create_table(
        "sign_in_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_notices"),
    )
    op.create_index("ix_sign_in_notices_person_id", "sign_in_notices", ["person_id"])
    op.create_table(
        "used_logout_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_used_logout_tokens"),
    )
    op.create_index("ix_used_logout_tokens_ends_at", "used_logout_tokens", ["ends_at"])


def downgrade() -> None:
    for table in ("used_logout_tokens", "sign_in_notices", "recoveries", "recovery_codes"):
        op.drop_table(table)
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("user_agent")

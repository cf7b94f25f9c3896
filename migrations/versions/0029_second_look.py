"""A second person confirms what a patient is not told; a review of broken glass falls due.

Revision: 0029, after 0028.
Locks: briefly ``access_withholdings`` and ``access_overrides``, which get columns.
Reverse: drops the columns; replaying the log fills them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("access_withholdings", sa.Column("asked_until", MOMENT, nullable=True))
    op.add_column("access_withholdings", sa.Column("confirmed_by", sa.Uuid(), nullable=True))
    op.add_column("access_overrides", sa.Column("overdue_at", MOMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("access_overrides", "overdue_at")
    op.drop_column("access_withholdings", "confirmed_by")
    op.drop_column("access_withholdings", "asked_until")

"""Overspends beyond the budget, and who was told.

Revision: 0033, after 0032. Nothing yet.
Locks: none.
Reverse: nothing to undo.
"""

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

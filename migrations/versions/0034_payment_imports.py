"""Payments read from files.

Revision: 0034, after 0033. Nothing yet.
Locks: none.
Reverse: nothing to undo.
"""

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

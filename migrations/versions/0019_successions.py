"""Organisations that change.

Revision: 0019, after 0018.
Locks: none worth naming.
Reverse: nothing.
"""

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

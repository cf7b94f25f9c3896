"""Organisations that take another's place, and patients whose numbers change.

Revision: 0021, after 0020.
Locks: none worth naming.
Reverse: nothing.
"""

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

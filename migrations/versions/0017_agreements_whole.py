"""Modes, obligations and the rest of agreements.

Revision: 0017, after 0016.
Locks: none worth naming.
Reverse: nothing.
"""

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

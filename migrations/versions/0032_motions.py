"""Motions that boards vote on, and what they carry out.

Revision: 0032, after 0031. Nothing yet.
Locks: none.
Reverse: nothing to undo.
"""

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

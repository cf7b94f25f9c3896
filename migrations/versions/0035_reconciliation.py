"""What banks and general ledgers say, beside what is recorded.

Revision: 0035, after 0034. Nothing yet.
Locks: none.
Reverse: nothing to undo.
"""

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

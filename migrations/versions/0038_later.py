"""Nothing yet.

Revision: 0038, after 0037. Nothing yet.
Locks: none.
Reverse: nothing to undo.
"""

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

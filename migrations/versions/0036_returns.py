"""Returns, who signed them, and early warnings.

Revision: 0036, after 0035. Nothing yet.
Locks: none.
Reverse: nothing to undo.
"""

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

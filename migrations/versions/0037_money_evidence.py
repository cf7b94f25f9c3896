"""What payments by roster and outcome were worked out from.

Revision: 0037, after 0036. Nothing yet.
Locks: none.
Reverse: nothing to undo.
"""

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

"""Publication, checkpoint keys and shards.

Revision: 0012, after 0011.
Locks: none worth naming.
Reverse: nothing.
"""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

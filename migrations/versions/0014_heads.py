"""Create what proves and finds more of the trail: committed heads, codes, an index by log.

Revision: 0014, after 0013.
Locks: new entries wait while ``ix_entries_log`` is built, some seconds for a million.
Reverse: drops the tables and the index; replaying the log fills the first again, and the
follower of codes begins again from the first entry.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODES = ("outcome", "purpose", "reason")


def upgrade() -> None:
    op.create_index("ix_entries_log", "entries", ["log", "position"])
    op.create_table(
        "committed_heads",
        sa.Column("tree", sa.String(16), nullable=False),
        sa.Column("size", POSITION, autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(255), nullable=False),
        sa.Column("subjects", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tree", "size", "origin", name="pk_committed_heads"),
    )
    op.create_table(
        "entry_codes",
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(64), nullable=True),
        sa.Column("purpose", sa.String(64), nullable=True),
        sa.Column("reason", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_entry_codes"),
    )
    for code in CODES:
        op.create_index(f"ix_entry_codes_{code}", "entry_codes", [code, "position"])


def downgrade() -> None:
    op.drop_table("entry_codes")
    op.drop_table("committed_heads")
    op.drop_index("ix_entries_log", "entries")
    if op.get_bind().dialect.name:  # The cursor of what filled the codes.
        op.execute("DELETE FROM follower_cursors WHERE follower LIKE 'codes %'")

"""Create the audit log, and have the database itself refuse to change it.

Revision: 0001, the first.
Locks: none worth naming; the tables are new.
Reverse: refused. Dropping the log is not a migration, it is an incident.
"""

import sqlalchemy as sa
from alembic import op

from migrations.fences import insert_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_entries()
    create_tree()
    create_private()
    insert_only("entries", ["position", "id"])
    insert_only("entry_subjects", ["subject,position"])
    insert_only("leaves", ["log,index", "position"])
    insert_only("tree_nodes", ["log,level,index"])
    insert_only("checkpoints", ["log,size"])
    insert_only("chains", ["log,subject,n"])
    insert_only("blobs", ["digest"])
    insert_only("private_payloads", ["entry_id,group"])
    insert_only("subject_keys", ["id", "subject_id"], may_delete=True)  # How one is forgotten.


def create_entries() -> None:
    op.create_table(
        "entries",
        sa.Column("position", POSITION, sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("log", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("org", sa.Uuid(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("work", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_entries"),
        sa.UniqueConstraint("id", name="uq_entries_id"),
    )
    op.create_index("ix_entries_kind", "entries", ["kind", "position"])
    op.create_index("ix_entries_actor", "entries", ["actor", "position"])
    op.create_index("ix_entries_org", "entries", ["org", "position"])
    op.create_index("ix_entries_at", "entries", ["at"])
    op.create_table(
        "entry_subjects",
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("subject", "position", name="pk_entry_subjects"),
        sa.ForeignKeyConstraint(
            ["position"], ["entries.position"], name="fk_entry_subjects_position"
        ),
    )
    op.create_index("ix_entry_subjects_position", "entry_subjects", ["position"])
    op.create_table(
        "pending",
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("log", sa.String(16), nullable=False),
        sa.Column("work", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_pending"),
        sa.ForeignKeyConstraint(["position"], ["entries.position"], name="fk_pending_position"),
    )


def create_tree() -> None:
    op.create_table(
        "leaves",
        sa.Column("log", sa.String(16), nullable=False),
        sa.Column("index", POSITION, autoincrement=False, nullable=False),
        sa.Column("position", POSITION, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log", "index", name="pk_leaves"),
        sa.UniqueConstraint("position", name="uq_leaves_position"),
        sa.ForeignKeyConstraint(["position"], ["entries.position"], name="fk_leaves_position"),
    )
    op.create_table(
        "tree_nodes",
        sa.Column("log", sa.String(16), nullable=False),
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("index", POSITION, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log", "level", "index", name="pk_tree_nodes"),
    )
    frontier = op.create_table(
        "frontier",
        sa.Column("log", sa.String(16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("peaks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log", name="pk_frontier"),
    )
    empty = {"size": 0, "peaks": b""}
    op.bulk_insert(frontier, [{"log": "ledger", **empty}, {"log": "access", **empty}])
    op.create_table(
        "checkpoints",
        sa.Column("log", sa.String(16), nullable=False),
        sa.Column("size", POSITION, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("log", "size", name="pk_checkpoints"),
    )
    op.create_table(
        "chains",
        sa.Column("log", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("n", POSITION, autoincrement=False, nullable=False),
        sa.Column("index", POSITION, nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log", "subject", "n", name="pk_chains"),
        sa.UniqueConstraint("log", "index", "subject", name="uq_chains_index"),
    )
    op.create_table(
        "blobs",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_blobs"),
    )


def create_private() -> None:
    op.create_table(
        "subject_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subject_keys"),
        sa.UniqueConstraint("subject_id", name="uq_subject_keys_subject_id"),
    )
    op.create_table(
        "private_payloads",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("group", sa.String(32), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "group", name="pk_private_payloads"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_private_payloads_entry_id"),
    )
    op.create_index("ix_private_payloads_key_id", "private_payloads", ["key_id"])


def downgrade() -> None:
    raise NotImplementedError("the audit log is never dropped")

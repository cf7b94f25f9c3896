"""Retention: holds, requests to be erased, disposals by two people, and master key rotation.

Revision: 0013, after 0012.
Locks: briefly the trigger of ``private_payloads``; the tables are new.
Reverse: drops the tables. What was disposed of stays gone, and nothing says why any more.

A disposal destroys single private payloads and leaves an empty row, so their rows may be
deleted from now on, as those of ``subject_keys`` always could be. They still cannot be changed.
"""

import sqlalchemy as sa
from alembic import op

from migrations.fences import insert_only

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROLE = "care_ledger"


def upgrade() -> None:
    _holds()
    op.create_table(
        "destroyed_parts",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("group", sa.String(32), nullable=False),
        sa.Column("by_entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "group", name="pk_destroyed_parts"),
    )
    _requests()
    _disposals()
    _rotations()
    _payloads(may_delete=True)


def _holds() -> None:
    op.create_table(
        "retention_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.Column("placed_by", sa.String(80), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_retention_holds"),
    )
    op.create_index("ix_retention_holds_subject_id", "retention_holds", ["subject_id"])


def _requests() -> None:
    op.create_table(
        "erasure_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(32), nullable=True),
        sa.Column("answer_entry_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_erasure_requests"),
    )
    op.create_index("ix_erasure_requests_patient_id", "erasure_requests", ["patient_id"])


def _disposals() -> None:
    op.create_table(
        "retention_disposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("retention_class", sa.String(40), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("list_sha256", sa.String(64), nullable=False),
        sa.Column("due_by", sa.Date(), nullable=False),
        sa.Column("proposer", sa.String(80), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decider", sa.String(80), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_retention_disposals"),
    )
    op.create_table(
        "retention_due",
        sa.Column("retention_class", sa.String(40), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("subjects", sa.Integer(), nullable=False),
        sa.Column("looked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("retention_class", name="pk_retention_due"),
    )


def _rotations() -> None:
    op.create_table(
        "master_key_rotations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("old_key", sa.String(16), nullable=False),
        sa.Column("new_key", sa.String(16), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("after", sa.String(64), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_master_key_rotations"),
    )
    op.create_table(
        "earlier_keys",
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("master_key", sa.String(16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("label", "master_key", name="pk_earlier_keys"),
    )


def _payloads(*, may_delete: bool) -> None:
    """Have the database refuse changes of private payloads, with or without deletion."""
    table = "private_payloads"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {table}_insert_only ON {table}")
        op.execute(f"{'GRANT' if may_delete else 'REVOKE'} DELETE ON {table} "
                   f"{'TO' if may_delete else 'FROM'} {ROLE}")  # fmt: skip
    else:
        changes = ["update", "insert"] + (["delete"] if may_delete else [])
        for change in changes:
            op.execute(f"DROP TRIGGER {table}_no_{change}")
    insert_only(table, ["entry_id,group"], may_delete=may_delete)


def downgrade() -> None:
    _payloads(may_delete=False)
    for table in (
        "earlier_keys",
        "master_key_rotations",
        "retention_due",
        "retention_disposals",
        "erasure_requests",
        "destroyed_parts",
        "retention_holds",
    ):
        op.drop_table(table)

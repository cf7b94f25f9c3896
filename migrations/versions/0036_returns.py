"""Returns: what was filled in, who signed, who sent one back, what was reminded of.

Revision: 0036, after 0035.
Locks: none; the tables are new.
Reverse: drops them; replaying the log fills them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "pool_returns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(32), nullable=False),
        sa.Column("form_version", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("year_first_day", sa.Date(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("replaces", sa.Uuid(), nullable=True),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("log_size", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("preparer_id", sa.Uuid(), nullable=True),
        sa.Column("completed_entry_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_returns_pool_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pool_returns"),
        sa.UniqueConstraint(
            "pool_id", "kind", "first_day", "version", name="uq_pool_returns_version"
        ),
    )
    _child(
        "pool_return_answers",
        sa.Column("entry_id", sa.Uuid(), primary_key=True),
        sa.Column("cell", sa.String(200), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
    )
    op.create_table(
        "pool_return_signatures",
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("signed_at", _MOMENT, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"], ["pool_returns.id"], name="fk_pool_return_signatures_return_id"
        ),
        sa.PrimaryKeyConstraint(
            "return_id", "round", "step", "organisation_id", name="pk_pool_return_signatures"
        ),
        sa.UniqueConstraint(
            "return_id", "round", "person_id", name="uq_pool_return_signatures_person"
        ),
    )
    _child(
        "pool_return_sendings_back",
        sa.Column("entry_id", sa.Uuid(), primary_key=True),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "pool_return_reminders",
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_return_reminders_pool_id"),
        sa.PrimaryKeyConstraint(
            "pool_id", "kind", "first_day", "overdue", name="pk_pool_return_reminders"
        ),
    )


def _child(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        *columns,
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["return_id"], ["pool_returns.id"], name=f"fk_{name}_return_id"),
    )
    op.create_index(f"ix_{name}_return_id", name, ["return_id"])


def downgrade() -> None:
    for name in (
        "pool_return_reminders",
        "pool_return_sendings_back",
        "pool_return_signatures",
        "pool_return_answers",
        "pool_returns",
    ):
        op.drop_table(name)

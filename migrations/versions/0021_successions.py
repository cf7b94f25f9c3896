"""Organisations that take another's place, and what organisations were called.

Revision: 0021, after 0020.
Locks: briefly ``memberships``, which gets two columns; the tables are new.
Reverse: drops the tables and columns; replaying the log fills them again.

The names that organisations had until now are read from the entries of the log.
"""

import json
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KINDS = ("directory.organisation-registered", "directory.organisation-renamed")


def upgrade() -> None:
    op.create_table(
        "organisation_successions",
        sa.Column("predecessor_id", sa.Uuid(), nullable=False),
        sa.Column("successor_id", sa.Uuid(), nullable=False),
        sa.Column("succession", sa.String(32), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("order_title", sa.String(200), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("predecessor_id", name="pk_organisation_successions"),
        sa.ForeignKeyConstraint(
            ["predecessor_id"],
            ["organisations.id"],
            name="fk_organisation_successions_predecessor_id_organisations",
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"],
            ["organisations.id"],
            name="fk_organisation_successions_successor_id_organisations",
        ),
    )
    op.create_index(
        "ix_organisation_successions_successor_id", "organisation_successions", ["successor_id"]
    )
    epoch = op.create_table(
        "successions_epoch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_successions_epoch"),
    )
    op.bulk_insert(epoch, [{"id": 1, "n": 0}])  # There from the start, so that it can be locked.
    _names()
    op.add_column(
        "memberships",
        sa.Column("cut_by_succession", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("memberships", sa.Column("was_until_on", sa.Date(), nullable=True))


def _names() -> None:
    names = op.create_table(
        "organisation_names",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("from_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "entry_id", name="pk_organisation_names"),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name="fk_organisation_names_organisation_id_organisations",
        ),
    )
    entries = sa.table("entries", sa.column("kind"), sa.column("body"))
    written = op.get_bind().execute(sa.select(entries.c.body).where(entries.c.kind.in_(KINDS)))
    found = [json.loads(bytes(row.body)) for row in written]
    op.bulk_insert(names, [_name(one) for one in found])


def _name(entry: dict[str, object]) -> dict[str, object]:
    data = entry["data"]
    assert isinstance(data, dict)
    return {
        "organisation_id": UUID(data["organisation_id"]),
        "entry_id": UUID(str(entry["id"])),
        "name": data["name"],
        "from_at": datetime.fromisoformat(str(entry["at"])),
    }


def downgrade() -> None:
    op.drop_column("memberships", "was_until_on")
    op.drop_column("memberships", "cut_by_succession")
    op.drop_table("organisation_names")
    op.drop_table("successions_epoch")
    op.drop_table("organisation_successions")

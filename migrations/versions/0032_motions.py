"""Motions that boards vote on, what they carry out, and which board decides about a pool.

Revision: 0032, after 0031.
Locks: none that anybody waits for; the tables are new, and what judges seals is replaced.
Reverse: drops them; replaying the log fills all but the open ballot boxes again.
"""

import sqlalchemy as sa
from alembic import op

from migrations import motion_fences

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "body_rules",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("rules", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("dissolved_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_body_rules_body_id"),
        sa.PrimaryKeyConstraint("body_id", name="pk_body_rules"),
    )
    _motions()
    _seats()
    op.create_table(
        "ballot_boxes",
        sa.Column("motion_id", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.String(8), nullable=False),
        sa.Column("ballots", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("motion_id", "choice", name="pk_ballot_boxes"),
    )
    op.create_table(
        "pool_boards",
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("agreed_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_boards_pool_id"),
        sa.PrimaryKeyConstraint("pool_id", "organisation_id", name="pk_pool_boards"),
    )
    motion_fences.put()


def _motions() -> None:
    op.create_table(
        "motions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(150), nullable=False),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("effect", sa.String(64), nullable=True),
        sa.Column("parameters", sa.Text(), nullable=True),
        sa.Column("mover_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", _MOMENT, nullable=False),
        sa.Column("seconder_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("rules", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("closes_at", _MOMENT, nullable=True),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("reminded", sa.Boolean(), nullable=False),
        sa.Column("because", sa.String(32), nullable=True),
        sa.Column("count", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("tried_at", _MOMENT, nullable=True),
        sa.Column("problem", sa.String(80), nullable=True),
        sa.Column("result", sa.String(120), nullable=True),
        sa.Column("result_waits", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_motions_body_id"),
        sa.PrimaryKeyConstraint("id", name="pk_motions"),
    )
    op.create_index("ix_motions_of_body", "motions", ["body_id", "state"])


def _seats() -> None:
    op.create_table(
        "motion_seats",
        sa.Column("motion_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("stakeholder", sa.String(16), nullable=True),
        sa.Column("interest", sa.String(8), nullable=True),
        sa.Column("voted", sa.Boolean(), nullable=False),
        sa.Column("choice", sa.String(8), nullable=True),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name="fk_motion_seats_motion_id"),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name="fk_motion_seats_seat_id"),
        sa.PrimaryKeyConstraint("motion_id", "seat_id", name="pk_motion_seats"),
    )
    op.create_index("ix_motion_seats_person_id", "motion_seats", ["person_id"])


def downgrade() -> None:
    motion_fences.take_away()
    for table in ("pool_boards", "ballot_boxes", "motion_seats", "motions", "body_rules"):
        op.drop_table(table)

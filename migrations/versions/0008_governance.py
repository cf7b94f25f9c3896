"""Create bodies and their seats.

Revision: 0008, after 0007.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; a replay of the log makes projected state again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bodies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("established_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bodies"),
        sa.ForeignKeyConstraint(["parent_id"], ["bodies.id"], name="fk_bodies_parent_id"),
    )
    op.create_index("ix_bodies_host_id", "bodies", ["host_id"])
    op.create_table(
        "seats",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("stakeholder", sa.String(16), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_seats"),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_seats_body_id"),
    )
    op.create_index("ix_seats_body_id", "seats", ["body_id"])
    op.create_table(
        "seat_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_seat_terms"),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name="fk_seat_terms_seat_id"),
    )
    op.create_index("ix_seat_terms_seat_id", "seat_terms", ["seat_id"])
    op.create_index("ix_seat_terms_person_id", "seat_terms", ["person_id"])


def downgrade() -> None:
    op.drop_table("seat_terms")
    op.drop_table("seats")
    op.drop_table("bodies")

"""Modes, amendments that only some sign, obligations, reminders and organisations' own keys.

Revision: 0017, after 0016.
Locks: the tables of agreements, briefly: columns that may be empty are added, and the review
day of each version is taken out of its terms.
Reverse: drops what this adds; a replay of the log makes projected state again.
"""

import json
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
_ADDED = (
    ("agreement_versions", "review_on", sa.Date),
    ("agreement_versions", "base", sa.Integer),
    ("agreement_versions", "asked", sa.JSON),
    ("agreement_parties", "left_at", lambda: MOMENT),
    ("agreement_parties", "through", sa.Integer),
    ("agreement_signatures", "key_id", sa.Uuid),
    ("agreement_signatures", "seal", sa.Text),
    ("signing_authorities", "limit_minor", sa.BigInteger),
)


def upgrade() -> None:
    for table, name, kind in _ADDED:
        op.add_column(table, sa.Column(name, kind(), nullable=True))
    op.create_index("ix_agreement_versions_review_on", "agreement_versions", ["review_on"])
    _review_days()
    op.execute(
        "UPDATE agreement_parties SET through = "
        "(SELECT newest FROM agreements WHERE agreements.id = agreement_parties.agreement_id)"
    )
    with op.batch_alter_table("agreement_parties") as parties:
        parties.alter_column("through", existing_type=sa.Integer(), nullable=False)
    op.create_table(
        "agreement_obligations",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("overdue_at", MOMENT, nullable=True),
        sa.Column("certified_at", MOMENT, nullable=True),
        sa.Column("disposal", sa.String(16), nullable=True),
        sa.Column("certificate_sha256", sa.String(64), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("agreement_id", "organisation_id", name="pk_agreement_obligations"),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name="fk_agreement_obligations_agreement_id"
        ),
    )
    op.create_index(
        "ix_agreement_obligations_organisation_id", "agreement_obligations", ["organisation_id"]
    )
    op.create_index("ix_agreement_obligations_due_on", "agreement_obligations", ["due_on"])
    op.create_table(
        "agreement_reminders",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("matter", sa.String(16), nullable=False),
        sa.Column("days_before", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint(
            "agreement_id", "version", "matter", "days_before", "day", name="pk_agreement_reminders"
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name="fk_agreement_reminders_agreement_id"
        ),
    )
    op.create_table(
        "organisation_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("algorithm", sa.String(16), nullable=False),
        sa.Column("jwk", sa.Text(), nullable=False),
        sa.Column("thumbprint", sa.String(64), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_organisation_keys"),
    )
    op.create_index(
        "ix_organisation_keys_organisation_id", "organisation_keys", ["organisation_id"]
    )


def downgrade() -> None:
    op.drop_table("organisation_keys")
    op.drop_table("agreement_reminders")
    op.drop_table("agreement_obligations")
    op.drop_index("ix_agreement_versions_review_on", "agreement_versions")
    for table, name, _ in _ADDED:
        op.drop_column(table, name)


def _review_days() -> None:
    """Take the review day of each version there is out of its terms."""
    versions = sa.table(
        "agreement_versions",
        sa.column("agreement_id", sa.Uuid()),
        sa.column("number", sa.Integer()),
        sa.column("terms", sa.JSON()),
        sa.column("review_on", sa.Date()),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(versions)).all():
        terms = json.loads(row.terms) if isinstance(row.terms, str) else row.terms
        connection.execute(
            sa.update(versions)
            .where(versions.c.agreement_id == row.agreement_id, versions.c.number == row.number)
            .values(review_on=date.fromisoformat(terms["review_on"]))
        )

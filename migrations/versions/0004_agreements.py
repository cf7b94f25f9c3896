"""Create agreements, their versions, flows and signatures.

Revision: 0004, after 0003.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; a replay of the log makes projected state again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "agreements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("standing", sa.Integer(), nullable=True),
        sa.Column("open", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_agreements"),
    )
    op.create_table(
        "agreements_epoch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agreements_epoch"),
    )
    op.create_table(
        "signing_authorities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.String(120), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("from_authority_id", sa.Uuid(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_signing_authorities"),
    )
    op.create_index(
        "ix_signing_authorities_organisation_id", "signing_authorities", ["organisation_id"]
    )
    op.create_index("ix_signing_authorities_person_id", "signing_authorities", ["person_id"])
    op.create_table(
        "agreement_lines",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flow", sa.String(40), nullable=False),
        sa.Column("category", sa.String(32), nullable=False),
        sa.Column("from_party", sa.Uuid(), nullable=False),
        sa.Column("to_party", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("clause", sa.String(16), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("suspended_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint(
            "agreement_id", "version", "flow", "category", name="pk_agreement_lines"
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name="fk_agreement_lines_agreement_id"
        ),
    )
    op.create_index(
        "ix_agreement_lines_flow",
        "agreement_lines",
        ["from_party", "to_party", "category", "purpose"],
    )
    op.create_table(
        "agreement_links",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("linked_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "linked_id", name="pk_agreement_links"),
        sa.ForeignKeyConstraint(
            ["linked_id"], ["agreements.id"], name="fk_agreement_links_linked_id"
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name="fk_agreement_links_agreement_id"
        ),
    )
    op.create_table(
        "agreement_parties",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("leaves_on", sa.Date(), nullable=True),
        sa.Column("return_due_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("agreement_id", "organisation_id", name="pk_agreement_parties"),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name="fk_agreement_parties_agreement_id"
        ),
    )
    op.create_index(
        "ix_agreement_parties_organisation_id", "agreement_parties", ["organisation_id"]
    )
    op.create_table(
        "agreement_versions",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("drafter_id", sa.Uuid(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("template", sa.JSON(), nullable=False),
        sa.Column("document_sha256", sa.String(64), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("suspended_to", sa.Date(), nullable=True),
        sa.Column("drafted_at", MOMENT, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=True),
        sa.Column("activated_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("agreement_id", "number", name="pk_agreement_versions"),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name="fk_agreement_versions_agreement_id"
        ),
    )
    op.create_index(
        "ix_agreement_versions_document_sha256", "agreement_versions", ["document_sha256"]
    )
    op.create_index("ix_agreement_versions_last_day", "agreement_versions", ["state", "last_day"])
    op.create_table(
        "agreement_signatures",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("signature_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("from_authority_id", sa.Uuid(), nullable=True),
        sa.Column("organisation", sa.String(200), nullable=False),
        sa.Column("position", sa.String(120), nullable=False),
        sa.Column("document_sha256", sa.String(64), nullable=False),
        sa.Column("acr", sa.String(120), nullable=True),
        sa.Column("auth_time", MOMENT, nullable=False),
        sa.Column("signed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint(
            "agreement_id", "version", "organisation_id", name="pk_agreement_signatures"
        ),
        sa.UniqueConstraint("signature_id", name="uq_agreement_signatures_signature_id"),
        sa.ForeignKeyConstraint(
            ["agreement_id", "version"],
            ["agreement_versions.agreement_id", "agreement_versions.number"],
            name="fk_agreement_signatures_version",
        ),
    )
    epoch = sa.table("agreements_epoch", sa.column("id"), sa.column("n"))
    op.bulk_insert(epoch, [{"id": 1, "n": 0}])  # There from the start, so that it can be locked.


def downgrade() -> None:
    op.drop_table("agreement_signatures")
    op.drop_table("agreement_versions")
    op.drop_table("agreement_parties")
    op.drop_table("agreement_links")
    op.drop_table("agreement_lines")
    op.drop_table("signing_authorities")
    op.drop_table("agreements_epoch")
    op.drop_table("agreements")

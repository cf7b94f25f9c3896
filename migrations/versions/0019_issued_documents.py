"""Create the list of PDFs of agreements that were issued, by their digests.

Revision: 0019, after 0018.
Locks: none worth naming; the table is new.
Reverse: drops it; a replay of the log makes it again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "issued_documents",
        sa.Column("pdf_sha256", sa.String(64), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document_sha256", sa.String(64), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pdf_sha256", name="pk_issued_documents"),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name="fk_issued_documents_agreement_id"
        ),
    )
    op.create_index("ix_issued_documents_agreement_id", "issued_documents", ["agreement_id"])


def downgrade() -> None:
    op.drop_table("issued_documents")

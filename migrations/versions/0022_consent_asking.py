"""What patients are asked, and the library of notices they are shown.

Revision: 0022, after 0021.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; a replay of the log makes projected state again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "consent_notices",
        sa.Column("notice_id", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("authored_at", MOMENT, nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint(
            "notice_id", "version", "language", "format", name="pk_consent_notices"
        ),
    )
    op.create_table(
        "consent_requests",
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("awaited_to", sa.Date(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("notice", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("channel", sa.String(16), nullable=True),
        sa.Column("reminded_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("consent_id", name="pk_consent_requests"),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["consents.id"], name="fk_consent_requests_consent_id_consents"
        ),
    )
    for column in ("request_id", "patient_id", "organisation_id", "awaited_to"):
        op.create_index(f"ix_consent_requests_{column}", "consent_requests", [column])


def downgrade() -> None:
    op.drop_table("consent_requests")
    op.drop_table("consent_notices")

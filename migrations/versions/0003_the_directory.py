"""Create the directory: organisations, people, patients and who cares for whom.

Revision: 0003, after 0002.
Locks: none worth naming; the tables are new.
Reverse: drops the tables; a replay of the log makes projected state again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

TABLES = (
    "organisations",
    "installation",
    "people",
    "person_lookups",
    "memberships",
    "patients",
    "patient_lookups",
    "enrolments",
    "patient_links",
    "teams",
    "team_memberships",
    "care_relationships",
)


def upgrade() -> None:
    create_organisations()
    create_people()
    create_patients()
    create_rosters()


def create_organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("ods_code", sa.String(12), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("town", sa.String(120), nullable=True),
        sa.Column("postcode", sa.String(8), nullable=True),
        sa.Column("registered_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organisations.id"], name="fk_organisations_parent_id"
        ),
        sa.UniqueConstraint("ods_code", name="uq_organisations_ods_code"),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("founded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_installation"),
        sa.ForeignKeyConstraint(["host_id"], ["organisations.id"], name="fk_installation_host_id"),
    )


def create_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("identity_entry_id", sa.Uuid(), nullable=False),
        sa.Column("registered_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )
    op.create_table(
        "person_lookups",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("email_hmac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name="pk_person_lookups"),
        sa.UniqueConstraint("email_hmac", name="uq_person_lookups_email_hmac"),
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_memberships"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_memberships_person_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_memberships_organisation_id"
        ),
    )
    op.create_index("ix_memberships_person_id", "memberships", ["person_id"])
    op.create_index("ix_memberships_organisation_id", "memberships", ["organisation_id"])


def create_patients() -> None:
    op.create_table(
        "patients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("care_version", sa.Integer(), nullable=False),
        sa.Column("identity_entry_id", sa.Uuid(), nullable=False),
        sa.Column("registered_at", MOMENT, nullable=False),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_patients"),
    )
    op.create_table(
        "patient_lookups",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("nhs_number_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("identity_hmac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name="pk_patient_lookups"),
        sa.UniqueConstraint("nhs_number_hmac", name="uq_patient_lookups_nhs_number_hmac"),
    )
    op.create_index("ix_patient_lookups_identity_hmac", "patient_lookups", ["identity_hmac"])
    op.create_table(
        "enrolments",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", "organisation_id", name="pk_enrolments"),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name="fk_enrolments_patient_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_enrolments_organisation_id"
        ),
    )
    op.create_index("ix_enrolments_organisation_id", "enrolments", ["organisation_id"])
    op.create_table(
        "patient_links",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_patient_links"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_patient_links_person_id"),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name="fk_patient_links_patient_id"
        ),
        sa.UniqueConstraint("patient_id", name="uq_patient_links_patient_id"),
    )


def create_rosters() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("name_key", sa.String(480), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_teams_organisation_id"
        ),
        sa.UniqueConstraint("organisation_id", "name_key", name="uq_teams_organisation_id"),
    )
    op.create_table(
        "team_memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_team_memberships"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_team_memberships_team_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_team_memberships_person_id"),
    )
    op.create_index("ix_team_memberships_team_id", "team_memberships", ["team_id"])
    op.create_index("ix_team_memberships_person_id", "team_memberships", ["person_id"])
    op.create_table(
        "care_relationships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("declared_reason", sa.String(32), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("reviewed_at", MOMENT, nullable=True),
        sa.Column("justified", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_care_relationships"),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name="fk_care_relationships_patient_id"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_care_relationships_organisation_id"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_care_relationships_team_id"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_care_relationships_person_id"
        ),
    )
    op.create_index("ix_care_relationships_patient_id", "care_relationships", ["patient_id"])
    op.create_index(
        "ix_care_relationships_organisation_id", "care_relationships", ["organisation_id"]
    )
    op.create_index("ix_care_relationships_person_id", "care_relationships", ["person_id"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)

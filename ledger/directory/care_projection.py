"""What entries about teams, and about who cares for whom, change."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, projects
from ledger.directory import care_entries as facts
from ledger.directory.identity.queries import records_of
from ledger.directory.models import Care, Patient, Person, Team, TeamMembership
from ledger.directory.rules import names
from ledger.directory.rules.care import CareSource


@projects(facts.TeamFormed)
def team(session: Session, record: Record[facts.TeamFormed], _: Opened) -> None:
    """There is one team more."""
    entry = record.entry
    session.add(
        Team(
            id=entry.team_id,
            organisation_id=entry.organisation_id,
            name=entry.name,
            name_key=names.key(entry.name),
        )
    )


@projects(facts.TeamJoined)
def joined(session: Session, record: Record[facts.TeamJoined], _: Opened) -> None:
    """The team has one member more."""
    entry = record.entry
    session.add(
        TeamMembership(
            id=entry.team_membership_id,
            team_id=entry.team_id,
            person_id=entry.person_id,
            from_on=entry.from_on,
            until_on=entry.until_on,
        )
    )
    session.get_one(Person, entry.person_id).version += 1


@projects(facts.TeamLeft)
def left(session: Session, record: Record[facts.TeamLeft], _: Opened) -> None:
    """The person is in the team until that day."""
    entry = record.entry
    session.get_one(TeamMembership, entry.team_membership_id).until_on = entry.until_on
    session.get_one(Person, entry.person_id).version += 1


@projects(facts.CareBegan)
def care_began(session: Session, record: Record[facts.CareBegan], _: Opened) -> None:
    """Somebody more looks after the patient."""
    entry = record.entry
    session.add(
        Care(
            id=entry.relationship_id,
            patient_id=entry.patient_id,
            organisation_id=entry.organisation_id,
            team_id=entry.team_id,
            person_id=entry.person_id,
            source=CareSource.ROSTER,
            declared_reason=None,
            from_on=entry.from_on,
            until_on=entry.until_on,
            entry_id=record.id,
            reviewed_at=None,
            justified=None,
        )
    )
    _count(session, entry.patient_id)


@projects(facts.CareDeclared)
def care_declared(session: Session, record: Record[facts.CareDeclared], _: Opened) -> None:
    """The person looks after the patient for a few days, and somebody will review it."""
    entry = record.entry
    session.add(
        Care(
            id=entry.relationship_id,
            patient_id=entry.patient_id,
            organisation_id=entry.organisation_id,
            team_id=None,
            person_id=entry.person_id,
            source=CareSource.DECLARED,
            declared_reason=entry.reason,
            from_on=entry.from_on,
            until_on=entry.until_on,
            entry_id=record.id,
            reviewed_at=None,
            justified=None,
        )
    )
    _count(session, entry.patient_id)


@projects(facts.CareDeclarationReviewed)
def reviewed(session: Session, record: Record[facts.CareDeclarationReviewed], _: Opened) -> None:
    """The declaration waits no more. What was found in words stays with the entry."""
    row = session.get_one(Care, record.entry.relationship_id)
    row.reviewed_at, row.justified = record.at, record.entry.justified


@projects(facts.CareEnded)
def care_ended(session: Session, record: Record[facts.CareEnded], _: Opened) -> None:
    """The relationship has that last day."""
    session.get_one(Care, record.entry.relationship_id).until_on = record.entry.until_on
    _count(session, record.entry.patient_id)


def _count(session: Session, patient_id: UUID) -> None:
    """Count the change, for each record of the patient."""
    session.flush()
    mine = Patient.id.in_(records_of(session, patient_id))
    session.execute(update(Patient).where(mine).values(care_version=Patient.care_version + 1))

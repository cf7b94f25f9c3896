"""What the entries about duties change: obligations, reminders, and organisations' own keys."""

from sqlalchemy.orm import Session

from audit import Record
from ledger.agreements.duty_entries import (
    AgreementObligationCertified,
    AgreementObligationOverdue,
    AgreementObligationsArisen,
    AgreementReminderDue,
    AgreementSealed,
    OrganisationKeyAdded,
    OrganisationKeyEnded,
)
from ledger.agreements.models import (
    AgreementObligation,
    AgreementReminder,
    AgreementSignature,
    OrganisationKey,
)
from ledger.core.projection import Opened, projects


@projects(AgreementObligationsArisen)
def arisen(session: Session, record: Record[AgreementObligationsArisen], _opened: Opened) -> None:
    """Each owes it by that day; a day that was later before comes nearer."""
    entry = record.entry
    for organisation_id in entry.organisation_ids:
        row = session.get(AgreementObligation, (entry.agreement_id, organisation_id))
        if row is None:
            session.add(
                AgreementObligation(
                    agreement_id=entry.agreement_id,
                    organisation_id=organisation_id,
                    due_on=entry.due_on,
                )
            )
        else:
            row.due_on = entry.due_on


@projects(AgreementObligationCertified)
def certified(
    session: Session, record: Record[AgreementObligationCertified], _opened: Opened
) -> None:
    """It is done."""
    entry = record.entry
    row = session.get_one(AgreementObligation, (entry.agreement_id, entry.organisation_id))
    row.certified_at, row.disposal = record.at, entry.disposal
    row.certificate_sha256, row.entry_id = entry.certificate_sha256, record.id


@projects(AgreementObligationOverdue)
def overdue(session: Session, record: Record[AgreementObligationOverdue], _opened: Opened) -> None:
    """It was not done in time."""
    key = (record.entry.agreement_id, record.entry.organisation_id)
    session.get_one(AgreementObligation, key).overdue_at = record.at


@projects(AgreementReminderDue)
def reminded(session: Session, record: Record[AgreementReminderDue], _opened: Opened) -> None:
    """This distance was announced."""
    entry = record.entry
    session.add(
        AgreementReminder(
            agreement_id=entry.agreement_id,
            version=entry.number,
            matter=entry.matter,
            days_before=entry.days_before,
            day=entry.day,
        )
    )


@projects(OrganisationKeyAdded)
def key_added(session: Session, record: Record[OrganisationKeyAdded], _opened: Opened) -> None:
    """There is one key more."""
    entry = record.entry
    session.add(
        OrganisationKey(
            id=entry.key_id,
            organisation_id=entry.organisation_id,
            algorithm=entry.algorithm,
            jwk=entry.jwk,
            thumbprint=entry.thumbprint,
            added_at=record.at,
        )
    )


@projects(OrganisationKeyEnded)
def key_ended(session: Session, record: Record[OrganisationKeyEnded], _opened: Opened) -> None:
    """It seals nothing more."""
    session.get_one(OrganisationKey, record.entry.key_id).ended_on = record.entry.ended_on


@projects(AgreementSealed)
def sealed(session: Session, record: Record[AgreementSealed], _opened: Opened) -> None:
    """The signature carries the seal."""
    entry = record.entry
    key = (entry.agreement_id, entry.number, entry.organisation_id)
    signature = session.get_one(AgreementSignature, key)
    signature.key_id, signature.seal = entry.key_id, entry.jws

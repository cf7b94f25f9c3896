"""Commands on care that somebody declares: saying so, and the review of it by somebody else."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.care_entries import CareDeclarationReviewed, CareDeclared, CareEnded
from ledger.directory.entries import EndReason
from ledger.directory.models import Care
from ledger.directory.rules.care import CareSource, DeclarationWithoutReason, DeclaredReason
from ledger.directory.rules.memberships import last_day
from ledger.directory.service.held import of_organisation, of_patient, patient

DECLARED_FOR: Final = timedelta(days=6)
"""What is declared holds for a week, its first and last day included."""

WORDS_MAX: Final = 500


class AlreadyReviewed(Conflict):
    """A declaration is reviewed once."""

    slug = "declaration-already-reviewed"
    title = "This has been reviewed already"


def declare_care(work: UnitOfWork, *, patient_id: UUID, reason: DeclaredReason, words: str) -> UUID:
    """Record that the actor, who is on no roster, cares for a patient, for a week.

    Raises:
        NotFound: there is no such patient.
        Forbidden: the actor gives no care, or it is their own record.
        DeclarationWithoutReason: they did not say why.
    """
    patient(work, patient_id)
    actor = work.actor
    work.authorise(Permission.CARE_DECLARE, on=of_patient(work, patient_id))
    if actor.organisation_id is None:
        raise Invalid("choose the role in which you give care, and try again")
    words = _words(words, "say in a few words why you are caring for this patient")
    relationship_id = new_id()
    work.record(
        CareDeclared(
            relationship_id=relationship_id,
            patient_id=patient_id,
            organisation_id=actor.organisation_id,
            person_id=actor.id,
            from_on=work.today,
            until_on=work.today + DECLARED_FOR,
            reason=reason,
            words=words,
        )
    )
    return relationship_id


def review_declaration(
    work: UnitOfWork, *, relationship_id: UUID, justified: bool, finding: str
) -> None:
    """Close the review of a declared relationship. One that was not justified ends at once.

    Raises:
        NotFound: there is no such declaration.
        Forbidden: the actor declared it, or reviews nothing at that organisation.
        AlreadyReviewed: it was reviewed before.
        DeclarationWithoutReason: the actor did not say what they found.
    """
    row = work.load(Care, relationship_id)
    if row.source is not CareSource.DECLARED or row.person_id is None:
        raise NotFound("no such declaration")
    patient(work, row.patient_id)
    resource = of_organisation(work, row.organisation_id, person_id=row.person_id)
    work.authorise(Permission.CARE_REVIEW, on=resource, records=2)
    if row.reviewed_at is not None:
        raise AlreadyReviewed("somebody has closed this review; nothing was changed")
    finding = _words(finding, "say in a few words what you found")
    ends = not justified and (row.until_on is None or row.until_on >= work.today)
    reviewed = CareDeclarationReviewed(
        relationship_id=relationship_id,
        patient_id=row.patient_id,
        organisation_id=row.organisation_id,
        person_id=row.person_id,
        justified=justified,
        finding=finding,
    )
    ended = CareEnded(
        relationship_id=relationship_id,
        patient_id=row.patient_id,
        organisation_id=row.organisation_id,
        until_on=last_day(work.today),
        reason=EndReason.SECURITY,
    )
    work.record(reviewed)
    if ends:
        work.record(ended)


def _words(text: str, ask: str) -> str:
    words = " ".join(text.split())
    if not words:
        raise DeclarationWithoutReason(ask)
    if len(words) > WORDS_MAX:
        raise DeclarationWithoutReason(f"say it in at most {WORDS_MAX} characters")
    return words

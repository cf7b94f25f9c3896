"""Consents that are another patient's, or that records of one patient contradict."""

from dataclasses import dataclass
from uuid import UUID

from ledger.consent import correcting
from ledger.consent import entries as facts
from ledger.consent.correcting import Misfiled
from ledger.consent.correction_entries import ConflictSettled
from ledger.consent.models import Consent
from ledger.consent.queries.standing import said_no_since, standing
from ledger.consent.rules.choices import Source, check_words
from ledger.consent.rules.lifecycle import Event, Reason, Status, after
from ledger.consent.rules.model import Effect
from ledger.consent.service.again import again, copied
from ledger.consent.service.granting import ONLINE, OlderThanANo, Said
from ledger.consent.service.held import hold, hold_consent, record, see
from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.identity.held import hold_to_correct
from ledger.directory.identity.queries import records_of


class SamePatient(Conflict):
    """The right patient is the one it was recorded for."""

    slug = "consent-same-patient"
    title = "This consent is that patient's already"


class NothingContradicts(Conflict):
    """No other record of the patient speaks against this."""

    slug = "consent-nothing-contradicts"
    title = "Nothing speaks against this consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What was recorded.

    Attributes:
        consent_id: For the right patient; None if it was recorded for nobody.
    """

    entry_id: UUID
    consent_id: UUID | None


def misfiled(
    work: UnitOfWork, consent_id: UUID, *, right_patient_id: UUID | None, words: str | None = None
) -> Corrected:
    """Record that a consent was recorded for the wrong patient, and for whom it is.

    For the right one it is recorded with the day it was decided and all that shows it, under
    that patient's key. What was seen because of it is listed: see `ledger.consent.correcting`.

    Raises:
        NotFound: there is no such consent or patient, or the actor may not know of one.
        Forbidden: the actor may not put right whose something is.
        SamePatient: they are one patient.
        OlderThanANo: the right patient has said no since: ask them.
        IllegalTransition: it was never valid anyway.
    """
    known = work.session.get(Consent, consent_id)
    if known is None:
        raise NotFound("no such consent")
    wrong_id = known.patient_id
    concerned = {wrong_id} if right_patient_id is None else {wrong_id, right_patient_id}
    on = hold_to_correct(work, *concerned)
    if right_patient_id is not None and right_patient_id in records_of(work.session, wrong_id):
        raise SamePatient("choose the other patient, or record it as entered in error")
    for one in sorted(concerned):
        hold(work, one)
    consent = work.load(Consent, consent_id)
    after(consent.status, Event.ENTERED_IN_ERROR)
    check_words(words)
    goes_on = consent.status in {Status.ACTIVE, Status.REFUSED}
    found = copied(work, consent) if goes_on and right_patient_id is not None else None
    work.authorise(Permission.PATIENT_CORRECT, on=on[wrong_id])
    entry_id = record(
        work,
        facts.ConsentEnteredInError(
            consent_id=consent_id,
            patient_id=wrong_id,
            agreement_id=consent.agreement_id,
            reason=Reason.WRONG_PATIENT,
            source=Source.SPOKEN,
            decided_at=work.now,
            words=words,
        ),
    )
    new_consent_id = None
    if found is not None and right_patient_id is not None:
        yes = found.base is Effect.PERMIT
        if yes and said_no_since(work.session, right_patient_id, found.statement.decided_at):
            raise OlderThanANo("ask the right patient, and record what they say today")
        work.authorise(Permission.PATIENT_CORRECT, on=on[right_patient_id])
        new_consent_id = new_id()
        record(work, again(found, consent_id=new_consent_id, patient_id=right_patient_id))
    correcting.follow(
        work,
        Misfiled(
            consent_id=consent_id,
            wrong_patient_id=wrong_id,
            wrong=on[wrong_id],
            entry_id=entry_id,
        ),
    )
    return Corrected(entry_id=entry_id, consent_id=new_consent_id)


def stand_by(work: UnitOfWork, consent_id: UUID, *, said: Said = ONLINE) -> UUID:
    """Record that the patient stands by a yes that another of their records speaks against.

    That no goes on counting until it is taken back; it puts this yes in doubt no more.

    Raises:
        NotFound: there is no such consent, or the actor may not know of it.
        Forbidden: the actor may not say yes for this patient.
        NothingContradicts: it is not in doubt by another record's no.
    """
    consent, on = hold_consent(work, consent_id)
    see(work, on, Permission.CONSENT_GRANT, what="consent")
    work.authorise(Permission.CONSENT_GRANT, on=on)
    versions = standing(work.session, consent.patient_id).consents
    if not any(one.consent_id == consent_id and one.in_doubt for one in versions):
        raise NothingContradicts("nothing more is to be done")
    check_words(said.words)
    return record(
        work,
        ConflictSettled(
            consent_id=consent_id,
            patient_id=consent.patient_id,
            agreement_id=consent.agreement_id,
            words=said.words,
        ),
    )

"""An answer to what was asked goes on with the consent that the question began."""

from dataclasses import replace
from uuid import UUID

from ledger.consent.asking.models import ConsentRequest
from ledger.consent.asking.rules import AnswersAnother
from ledger.consent.entries import Notice, Statement
from ledger.consent.models import Consent
from ledger.consent.rules.choices import Choice, category_of
from ledger.consent.rules.lifecycle import Event, after
from ledger.core.errors import NotFound
from ledger.core.ids import new_id
from ledger.core.work import UnitOfWork


def answering(
    work: UnitOfWork,
    answers: UUID | None,
    *,
    patient_id: UUID,
    agreement_id: UUID | None,
    choice: Choice,
    event: Event,
) -> UUID:
    """Return the consent that an answer goes on with; a new one if nobody had asked.

    Raises:
        NotFound: there is no such consent of this patient.
        AnswersAnother: it was about another agreement, or for other purposes.
        IllegalTransition: it cannot be answered any more.
    """
    if answers is None:
        return new_id()
    consent = work.load(Consent, answers)
    if consent.patient_id != patient_id:
        raise NotFound("no such consent")
    after(consent.status, event)
    if (consent.agreement_id, consent.category) != (agreement_id, category_of(choice)):
        raise AnswersAnother("answer for the agreement and the purposes that were asked about")
    return answers


def noticed(work: UnitOfWork, answers: UUID | None, said: Statement) -> Statement:
    """Return *said* with the notice that was offered, if nobody says that another was shown."""
    row = None if answers is None else work.session.get(ConsentRequest, answers)
    if row is None or row.notice is None or said.notice is not None:
        return said
    kept = row.notice
    notice = Notice(
        id=str(kept["id"]),
        version=int(kept["version"]),
        language=str(kept["language"]),
        format=str(kept["format"]),
        digest=str(kept["digest"]),
    )
    return replace(said, notice=notice)

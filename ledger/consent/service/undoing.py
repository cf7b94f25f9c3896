"""Whether a yes that was decided before now would undo what was said since."""

from uuid import UUID

from ledger.consent.entries import Statement
from ledger.consent.queries.standing import chose_less_since, said_no_since
from ledger.consent.rules.model import Grantor, Terms, Version
from ledger.core.ids import new_id
from ledger.core.work import UnitOfWork


def undoes(
    work: UnitOfWork, patient_id: UUID, agreement_id: UUID, said: Statement, terms: Terms
) -> bool:
    """Say whether they have said no since, or yes to less than *terms* in its place."""
    if said_no_since(work.session, patient_id, said.decided_at):
        return True
    yes = Version(
        consent_id=new_id(),
        number=1,
        subject=patient_id,
        grantor=Grantor(key=said.grantor, capacity=said.capacity),
        kind=said.kind,
        category=said.category,
        agreement_id=agreement_id,
        terms=terms,
        order=0,
        decided_at=said.decided_at,
        events=(),
    )
    return said.decided_at < work.now and chose_less_since(work.session, yes)

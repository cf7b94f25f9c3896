"""Commands on marks."""

from collections.abc import Callable, Mapping
from uuid import UUID

from ledger.consent.marks import queries
from ledger.consent.marks.entries import HidingChosen, OptOutNoted
from ledger.consent.service.held import hold, record, see
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork


def choose_hiding(work: UnitOfWork, patient_id: UUID, *, hidden: bool) -> None:
    """Record whether those who care for a patient are told that something is withheld.

    By default they are, so that no hidden allergy reads as none.

    Raises:
        NotFound: there is no such patient, or the actor may not know of them.
        Forbidden: the actor does not decide for the patient.
    """
    on = hold(work, patient_id)
    see(work, on, Permission.CONSENT_GRANT)
    work.authorise(Permission.CONSENT_GRANT, on=on)
    if queries.marks(work.session, patient_id).hidden is not hidden:
        record(work, HidingChosen(patient_id=patient_id, hidden=hidden))


def changes(work: UnitOfWork, opted_out: frozenset[UUID]) -> dict[UUID, bool]:
    """Return, of whom a new copy of the register says otherwise, whether they have opted out."""
    before = queries.opted_out(work.session)
    return {patient_id: patient_id in opted_out for patient_id in sorted(before ^ opted_out)}


def note_opt_outs(
    work: UnitOfWork,
    changed: Mapping[UUID, bool],
    *,
    register: int,
    progress: Callable[[int, int], None],
) -> None:
    """Record for each patient what a new copy changes. Whoever calls this has authorised it."""
    for done, (patient_id, said) in enumerate(changed.items(), start=1):
        work.record(OptOutNoted(patient_id=patient_id, register=register, opted_out=said))
        progress(done, len(changed))

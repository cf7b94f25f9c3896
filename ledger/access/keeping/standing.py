"""Stepping aside, and being suspended: recorded by whoever may, ended by somebody else."""

from uuid import UUID

from ledger.access.keeping.entries import RecusalEnded, Recused, Suspended, SuspensionLifted
from ledger.access.keeping.models import Epoch, Recusal, Suspension
from ledger.access.keeping.projection import STANDING
from ledger.access.keeping.rules import AlreadyStanding, OwnStanding, RecusalReason, check_words
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory


def recuse(
    work: UnitOfWork,
    *,
    person_id: UUID,
    patient_id: UUID,
    organisation_id: UUID,
    reason: RecusalReason,
    words: str,
) -> None:
    """Record that somebody does not look at a patient as staff: they say so, or their own do.

    Raises:
        NotFound: no such patient, or person at that organisation.
        Forbidden: the actor is neither them nor looks after who they act for.
        AlreadyStanding: it is recorded.
    """
    directory.hold_roster(work, patient_id)
    _may(work, person_id, organisation_id)
    n = work.load(Epoch, STANDING).n + 1
    if work.session.get(Recusal, (person_id, patient_id)) is not None:
        raise AlreadyStanding("they have stepped aside for this patient")
    work.record(
        Recused(
            person_id=person_id,
            patient_id=patient_id,
            organisation_id=organisation_id,
            n=n,
            reason_code=reason,
            words=check_words(words),
        )
    )


def end_recusal(work: UnitOfWork, *, person_id: UUID, patient_id: UUID) -> None:
    """Record that they may look again. Somebody else says so.

    Raises:
        NotFound: they have not stepped aside, or not where the actor looks after it.
        OwnStanding: the actor says it of themselves.
    """
    directory.hold_roster(work, patient_id)
    n = work.load(Epoch, STANDING).n + 1
    row = work.session.get(Recusal, (person_id, patient_id))
    if row is None:
        raise NotFound("no such person who has stepped aside")
    _not_oneself(work, person_id)
    _may(work, person_id, row.organisation_id)
    work.record(RecusalEnded(person_id=person_id, patient_id=patient_id, n=n))


def suspend(
    work: UnitOfWork, *, organisation_id: UUID, person_id: UUID | None, reason: str
) -> UUID:
    """Suspend one person acting for an organisation; or all of it, which only the host does.

    Raises:
        NotFound: no such organisation, or person there.
        Forbidden: the actor may not.
    """
    n = work.load(Epoch, STANDING).n + 1
    _may(work, person_id, organisation_id)
    suspension_id = new_id()
    work.record(
        Suspended(
            suspension_id=suspension_id,
            organisation_id=organisation_id,
            person_id=person_id,
            n=n,
            reason=check_words(reason),
        )
    )
    return suspension_id


def lift(work: UnitOfWork, suspension_id: UUID) -> None:
    """End a suspension. Nobody ends their own.

    Raises:
        NotFound: there is none, or the actor may not know of it.
        OwnStanding, Forbidden: see each.
    """
    n = work.load(Epoch, STANDING).n + 1
    row = work.session.get(Suspension, suspension_id)
    if row is None:
        raise NotFound("no such suspension")
    if row.person_id is not None:
        _not_oneself(work, row.person_id)
    _may(work, row.person_id, row.organisation_id)
    work.record(
        SuspensionLifted(
            suspension_id=suspension_id,
            organisation_id=row.organisation_id,
            person_id=row.person_id,
            n=n,
        )
    )


def _may(work: UnitOfWork, person_id: UUID | None, organisation_id: UUID) -> None:
    """Authorise it; to whom may not, somebody of another organisation does not exist."""
    directory.organisation(work.session, organisation_id)
    host_id = directory.host(work.session)
    if person_id is None:
        work.authorise(Permission.STANDING_RECORD, on=Resource(host_id=host_id))
        return
    person = directory.person_state(work.session, person_id)
    if person is None or not person.roles_on(organisation_id, work.today):
        raise NotFound("no such person at that organisation")
    on = Resource(
        person_id=person_id, organisation_ids=frozenset({organisation_id}), host_id=host_id
    )
    work.authorise(Permission.STANDING_RECORD, on=on)


def _not_oneself(work: UnitOfWork, person_id: UUID) -> None:
    if work.actor.person_id == person_id:
        raise OwnStanding("ask a privacy officer of your organisation")

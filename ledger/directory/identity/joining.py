"""Two records are one patient's, or are not after all: one person proposes, another confirms."""

from uuid import UUID

from sqlalchemy import or_, select

from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.entries import PatientLookedUp
from ledger.directory.identity import entries as facts
from ledger.directory.identity.models import IdentityProposal, PatientJoin
from ledger.directory.identity.queries import root_of, waits
from ledger.directory.identity.rules import (
    Act,
    AlreadyOnePatient,
    AlreadyProposed,
    ByProgram,
    Ground,
    JoinsItself,
    NotJoined,
    OwnProposal,
    ProposalSettled,
    check_ground,
    checked_evidence,
)
from ledger.directory.queries import hold_records
from ledger.directory.service.held import unless_taken, visible_patient


def propose(
    work: UnitOfWork,
    *,
    act: Act,
    surviving_id: UUID,
    superseded_id: UUID,
    ground: Ground,
    evidence: str,
) -> UUID:
    """Propose that two records are one patient's, or that a join was wrong. Returns its id.

    Raises:
        NotFound: there is no such patient, or the actor may not know of them.
        Forbidden: the actor may not put right whose a record is, or it is their own.
        JoinsItself, AlreadyOnePatient, NotJoined, AlreadyProposed, WrongGround, NoEvidence,
        ByProgram: see `identity.rules`.
    """
    if work.actor.person_id is None:
        raise ByProgram("sign in as the person who looked at both")
    if surviving_id == superseded_id:
        raise JoinsItself("name two records")
    hold_records(work, surviving_id, superseded_id, to_change=True)
    on = _authority(work, surviving_id, superseded_id)
    check_ground(act, ground)
    known = checked_evidence(evidence)
    if act is Act.JOIN:
        surviving_id, superseded_id = _to_join(work, surviving_id, superseded_id)
    else:
        surviving_id, superseded_id = _to_separate(work, surviving_id, superseded_id)
    _must_be_the_only_one(work, surviving_id, superseded_id)
    proposal_id = new_id()
    work.authorise(Permission.PATIENT_CORRECT, on=on)
    work.record(
        facts.IdentityProposed(
            proposal_id=proposal_id,
            act=act,
            surviving_id=surviving_id,
            superseded_id=superseded_id,
            ground=ground,
            evidence=known,
        )
    )
    return proposal_id


def look(work: UnitOfWork, proposal_id: UUID) -> None:
    """Record that somebody looks at who the two patients of a proposal are, to compare them.

    Raises:
        NotFound: there is no such proposal, or the actor may not know of it.
    """
    known = work.session.get(IdentityProposal, proposal_id)
    if known is None:
        raise NotFound("no such proposal")
    try:
        look_at(work, known.surviving_id, known.superseded_id)
    except NotFound as hidden:
        raise NotFound("no such proposal") from hidden


def look_at(work: UnitOfWork, *patient_ids: UUID) -> None:
    """Record that somebody looks at who these patients are. Raises as `look`."""
    found = {
        one: visible_patient(work, one, Permission.PATIENT_CORRECT) for one in sorted(patient_ids)
    }
    for one, on in found.items():
        work.authorise(Permission.PATIENT_CORRECT, on=on)
        work.record(PatientLookedUp(patient_id=one, answered=True))


def confirm(work: UnitOfWork, proposal_id: UUID) -> UUID:
    """Confirm what somebody else proposed; from now on it is so. Returns the entry's id.

    Raises:
        NotFound: there is no such proposal, or the actor may not know of it.
        ProposalSettled, OwnProposal, ByProgram: see `identity.rules`.
        AlreadyOnePatient, NotJoined: something else was confirmed meanwhile.
    """
    row = _open(work, proposal_id)
    if row.act is Act.JOIN:
        if root_of(work.session, row.surviving_id) == root_of(work.session, row.superseded_id):
            raise AlreadyOnePatient("they were joined meanwhile")
        if root_of(work.session, row.superseded_id) != row.superseded_id:
            raise AlreadyProposed("this record was joined with another meanwhile: propose anew")
        kind: type[facts.RecordsJoined | facts.RecordsSeparated] = facts.RecordsJoined
    else:
        _to_separate(work, row.surviving_id, row.superseded_id)
        kind = facts.RecordsSeparated
    entry = kind(
        proposal_id=proposal_id,
        surviving_id=row.surviving_id,
        superseded_id=row.superseded_id,
    )
    with unless_taken("joining records"):
        return work.record(entry).id


def decline(work: UnitOfWork, proposal_id: UUID) -> None:
    """Decline what somebody else proposed. Nothing changes.

    Raises: as `confirm`.
    """
    row = _open(work, proposal_id)
    work.record(
        facts.IdentityDeclined(
            proposal_id=proposal_id,
            surviving_id=row.surviving_id,
            superseded_id=row.superseded_id,
        )
    )


def _open(work: UnitOfWork, proposal_id: UUID) -> IdentityProposal:
    """Return a proposal that the actor may settle; both patients are held before it."""
    known = work.session.get(IdentityProposal, proposal_id)
    if known is None:
        raise NotFound("no such proposal")
    try:
        hold_records(work, known.surviving_id, known.superseded_id, to_change=True)
        on = _authority(work, known.surviving_id, known.superseded_id)
    except NotFound as hidden:
        raise NotFound("no such proposal") from hidden
    row = work.load(IdentityProposal, proposal_id)
    if row.settled_at is not None:
        raise ProposalSettled("it was confirmed or declined before")
    if work.actor.person_id is None:
        raise ByProgram("sign in as the person who looked at both")
    if work.actor.person_id == row.proposed_by:
        raise OwnProposal("ask a colleague to look at both records too")
    work.authorise(Permission.PATIENT_CORRECT, on=on)
    return row


def _authority(work: UnitOfWork, one_id: UUID, other_id: UUID) -> Resource:
    """Return what the decision hangs on, having checked that both are the actor's to put right."""
    one = visible_patient(work, one_id, Permission.PATIENT_CORRECT)
    other = visible_patient(work, other_id, Permission.PATIENT_CORRECT)
    work.authorise(Permission.PATIENT_CORRECT, on=one)
    work.authorise(Permission.PATIENT_CORRECT, on=other)
    return one


def _to_join(work: UnitOfWork, surviving_id: UUID, superseded_id: UUID) -> tuple[UUID, UUID]:
    """Return which root supersedes which: a record that was joined before stands for its root."""
    one, other = root_of(work.session, surviving_id), root_of(work.session, superseded_id)
    if one == other:
        raise AlreadyOnePatient("nothing more is to be done")
    return one, other


def _to_separate(work: UnitOfWork, one_id: UUID, other_id: UUID) -> tuple[UUID, UUID]:
    """Return the join that stands between two records, whichever was named first."""
    for superseded_id, surviving_id in ((other_id, one_id), (one_id, other_id)):
        join = work.session.get(PatientJoin, superseded_id, populate_existing=True)
        if join is not None and join.surviving_id == surviving_id:
            return surviving_id, superseded_id
    raise NotJoined("name the two between which the join was made")


def _must_be_the_only_one(work: UnitOfWork, one_id: UUID, other_id: UUID) -> None:
    row, both = IdentityProposal, (one_id, other_id)
    same = or_(row.surviving_id.in_(both), row.superseded_id.in_(both))
    if work.session.scalar(select(row.id).where(same, waits()).limit(1)):
        raise AlreadyProposed("have that confirmed or declined first")

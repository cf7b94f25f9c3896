"""The second pair of eyes: approving or dropping what somebody else prepared."""

from uuid import UUID

from sqlalchemy import select

from audit.values import from_json
from ledger.core.errors import Conflict
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.entries import ProposalApproved, ProposalDropped
from ledger.funding.models import ApprovalGiven, PoolTransaction, Proposal
from ledger.funding.rules.controls import (
    CONTROLS,
    Approval,
    NobodyActs,
    check_approval,
    enough,
    human,
)
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Transaction, check_reversible
from ledger.funding.service.posting import Outcome, check, hold_pool, post


class NotWaiting(Conflict):
    """A proposal that was posted or dropped."""

    slug = "proposal-not-waiting"
    title = "This is not waiting for approval any more"


def approve(work: UnitOfWork, transaction_id: UUID) -> Outcome:
    """Approve a proposal; the last approval that it needs posts it.

    Raises:
        NotFound: there is no such proposal.
        NotWaiting: it was posted or dropped.
        MakerApproves: the same human being prepared it.
        ApprovedAlready: they approved it before.
        SpeaksForNobodyHere: their organisation's approval is not asked for.
        BeyondLimit: there is no longer enough; nothing is recorded.
    """
    proposal = work.load(Proposal, transaction_id)
    pool = hold_pool(work, proposal.pool_id)
    work.authorise(Permission.POOL_APPROVE, on=pool.resource, records=2)
    _check_waiting(proposal)
    if work.actor.organisation_id is None:
        raise NobodyActs("sign in for an organisation")
    approval = Approval(human(work.actor), work.actor.organisation_id)
    event, control = Event(proposal.event), CONTROLS[Event(proposal.controlled_as)]
    given = _given(work, transaction_id)
    check_approval(
        control,
        approval,
        maker_id=proposal.maker_id,
        given=given,
        host_id=pool.host_id,
        partner_ids=pool.partner_ids,
    )
    last = enough(control, [*given, approval], partner_ids=pool.partner_ids)
    transaction: Transaction = from_json(Transaction, proposal.body)
    if last:
        check(work, pool, event, transaction, reverses=_reversed(event, proposal))
        _check_once(work, transaction)
    work.record(
        ProposalApproved(
            pool_id=pool.id,
            transaction_id=transaction_id,
            person_id=approval.person_id,
            organisation_id=approval.organisation_id,
        )
    )
    if last:
        post(work, pool, event, transaction, {})
    return Outcome(transaction_id=transaction_id, event=event, waiting=not last)


def drop(work: UnitOfWork, transaction_id: UUID, *, reference: str | None = None) -> None:
    """Take a proposal back, or say no to it. Nothing is posted.

    Raises:
        NotFound: there is no such proposal.
        NotWaiting: it was posted or dropped.
    """
    proposal = work.load(Proposal, transaction_id)
    pool = hold_pool(work, proposal.pool_id)
    mine = human(work.actor) == proposal.maker_id
    permission = Permission.POOL_SPEND if mine else Permission.POOL_APPROVE
    work.authorise(permission, on=pool.resource)
    _check_waiting(proposal)
    work.record(
        ProposalDropped(
            pool_id=pool.id,
            transaction_id=transaction_id,
            person_id=human(work.actor),
            reference=reference,
        )
    )


def _reversed(event: Event, proposal: Proposal) -> Event | None:
    """Return what a reversal undoes; an event that is none has no such thing."""
    return Event(proposal.controlled_as) if event is Event.TRANSACTION_REVERSED else None


def _check_waiting(proposal: Proposal) -> None:
    if proposal.state != "waiting":
        raise NotWaiting(f"nothing was changed: it was {proposal.state} before")


def _check_once(work: UnitOfWork, transaction: Transaction) -> None:
    if transaction.reverses is not None:
        undone = select(PoolTransaction.id).where(PoolTransaction.reverses == transaction.reverses)
        check_reversible(reversed_by=work.session.scalar(undone), reverses=None)


def _given(work: UnitOfWork, transaction_id: UUID) -> list[Approval]:
    rows = work.session.scalars(
        select(ApprovalGiven).where(ApprovalGiven.proposal_id == transaction_id)
    )
    return [Approval(row.person_id, row.organisation_id) for row in rows]

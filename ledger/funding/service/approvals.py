"""The second pair of eyes: approving or dropping what somebody else prepared."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from audit.values import from_json
from ledger.core.clock import civil_date
from ledger.core.errors import Conflict
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.entries import Promise, ProposalApproved, ProposalDropped
from ledger.funding.models import ApprovalGiven, PoolTransaction, Proposal
from ledger.funding.overspend.late import flagged
from ledger.funding.rules.controls import (
    Approval,
    NobodyActs,
    check_approval,
    enough,
    highest_rank,
    human,
)
from ledger.funding.rules.events import Event
from ledger.funding.rules.impersonal import check_reference
from ledger.funding.rules.postings import Transaction, check_reversible
from ledger.funding.rules.thresholds import control_for, size_minor, stricter
from ledger.funding.service.posting import HeldPool, Outcome, check, hold_pool, post


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
        RankTooLow: this much needs somebody more senior.
        BeyondLimit: there is no longer enough; nothing is recorded.
        FundNotInForce: it promises something, and the agreement stands no more.
    """
    proposal = work.load(Proposal, transaction_id)
    pool = hold_pool(work, proposal.pool_id)
    work.authorise(Permission.POOL_APPROVE, on=pool.resource, records=2)
    _check_waiting(proposal)
    if work.actor.organisation_id is None:
        raise NobodyActs("sign in for an organisation")
    rank = highest_rank(work.actor.roles)
    approval = Approval(human(work.actor), work.actor.organisation_id, rank)
    event, transaction = Event(proposal.event), from_json(Transaction, proposal.body)
    reverses = _reversed(event, proposal)
    # A version of the agreement that came since may ask for more than it did then.
    size, steps = size_minor(transaction.postings), pool.fund.steps
    control = proposal.control
    if asked := control_for(event, size, steps, reverses=reverses):
        control = stricter(asked, control) or control
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
    transaction = _dated(work, pool, proposal, event, transaction)
    if last:
        check(work, pool, event, transaction, reverses=reverses)
        _check_once(work, transaction)
    work.record(
        ProposalApproved(
            pool_id=pool.id,
            transaction_id=transaction_id,
            person_id=approval.person_id,
            organisation_id=approval.organisation_id,
            rank=approval.rank,
        )
    )
    if last:
        post(work, pool, event, transaction, _details(proposal))
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
    check_reference(reference or "")
    work.record(
        ProposalDropped(
            pool_id=pool.id,
            transaction_id=transaction_id,
            person_id=human(work.actor),
            reference=reference,
        )
    )


def _dated(
    work: UnitOfWork, pool: HeldPool, proposal: Proposal, event: Event, transaction: Transaction
) -> Transaction:
    """Return what is posted: an overspend is authorised from the day that the last one agreed.

    So waiting makes no approval retrospective. Where the maker named an earlier day, everybody
    who approved has read it, and the day it was recorded says the rest.
    """
    made_on = civil_date(proposal.made_at)
    if event is not Event.OVERSPEND_AUTHORISED:
        return transaction
    transaction = flagged(work, transaction)  # It may have been spent while this waited.
    if transaction.effective_on < made_on or transaction.effective_on >= work.today:
        return transaction
    return replace(
        transaction,
        effective_on=work.today,
        agreement_version=pool.fund.version,
        clause=pool.fund.clause_of(event),
    )


def _details(proposal: Proposal) -> dict[str, object]:
    """Return what the entry of a commitment says beside its postings."""
    if proposal.promise is None:
        return {}
    promise: Promise = from_json(Promise, proposal.promise)
    said = {"scheme_id": promise.scheme_id}
    if promise.provider_id is not None:
        return {**said, "provider_id": promise.provider_id}
    return {**said, "parts": promise.parts, "episodes": promise.episodes}


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
    return [row.approval for row in rows]

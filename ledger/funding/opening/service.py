"""Starting in the middle of a year: the position of a pool, once, before anything else."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from ledger.core import blobs, clock
from ledger.core.actor import Actor
from ledger.core.authority import in_force, require
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.rehearsing import rehearse
from ledger.core.work import UnitOfWork
from ledger.funding.models import Pool, PoolAccount, PoolPosting, PoolTransaction, Proposal
from ledger.funding.opening import queries as openings
from ledger.funding.opening.first import NotFirst
from ledger.funding.opening.queries import OpeningPreview
from ledger.funding.opening.rules import OfPartner, Position, bring_in
from ledger.funding.queries import pools
from ledger.funding.rules.chart import Head
from ledger.funding.rules.events import Event
from ledger.funding.service.posting import (
    HeldPool,
    Outcome,
    hold_pool,
    hold_scheme,
    new_transaction,
    write,
)
from ledger.funding.terms import Agreed


class BroughtIn(Conflict):
    """A contribution that the opening position has already."""

    slug = "contribution-brought-in"
    title = "This contribution came with the opening position"


def propose_opening(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    position: Position,
    evidence: bytes,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Prepare the position that a pool starts from; every partner must approve it.

    Args:
        work: The unit of work.
        pool_id: Of which pool.
        position: Where it stands; what partners agreed is what the agreement says.
        evidence: What shows it, such as the host's trial balance: kept beside the log.
        reference: Of that paper.
        effective_on: The day it counts for.

    Raises:
        OpeningRefused: it does not balance, or no pool can be in it.
        NotFirst: something was posted before, or another position waits.
        Invalid: there is no evidence, or a contribution is not the agreement's.
    """
    work.load(Pool, pool_id)  # To change: one position at a time.
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    pool.fund.check_stands()
    if not evidence:
        raise Invalid("send what shows the position: the trial balance of the books before")
    for scheme in position.schemes:
        hold_scheme(work, pool, scheme.scheme_id)
    for partner in position.partners:
        _check_agreed(pool, partner, effective_on or work.today)
    waiting = select(Proposal.id).where(
        Proposal.pool_id == pool_id,
        Proposal.event == Event.OPENING_BROUGHT_IN,
        Proposal.state == "waiting",
    )
    if work.session.scalar(waiting) is not None:
        raise NotFirst("another position waits for approval: have it dropped first")
    digest = blobs.keep(work.session, evidence, "application/octet-stream")
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(Event.OPENING_BROUGHT_IN),
        reference=reference,
        basis=f"SHA-256 of the evidence: {digest}",
        postings=bring_in(position),
    )
    return write(work, pool, Event.OPENING_BROUGHT_IN, transaction)


def propose_from_file(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    content: bytes,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Prepare the position that a trial balance says; the file is kept as its evidence.

    Raises:
        TrialBalanceUnreadable: it is no CSV file with the headings that are needed.
        TrialBalanceRefused: some rows are wrong.
    """
    hold_pool(work, pool_id)
    pool = pools.any_pool(work.session, pool_id)
    day = effective_on or work.today
    return propose_opening(
        work,
        pool_id,
        position=openings.position_of(work.session, pool, content, on=day),
        evidence=content,
        reference=reference,
        effective_on=effective_on,
    )


def preview(actor: Actor, pool_id: UUID, *, content: bytes) -> OpeningPreview:
    """Return what a trial balance would post today, and what would refuse it; keep nothing.

    Raises:
        NotFound: there is no pool that the actor may see.
        Forbidden: they may not propose it.
        TrialBalanceUnreadable: it is no CSV file with the headings that are needed.
        TrialBalanceRefused: some rows are wrong.
    """

    def propose(work: UnitOfWork) -> None:
        propose_from_file(work, pool_id, content=content, reference="Preview")

    session = db.session()
    pool = pools.pool(session, actor, pool_id)
    require(in_force(), actor, Permission.POOL_ALLOCATE, pool.resource)
    found = openings.preview(session, pool, content, on=clock.today())
    session.rollback()
    if found.problem is not None:
        return found
    try:
        rehearse(actor, propose)
    except (Conflict, Invalid) as refused:
        return replace(found, problem=f"{refused.title}: {refused.detail}")
    return found


def check_not_brought_in(work: UnitOfWork, pool: HeldPool, agreed: Agreed) -> None:
    """Check that a contribution is not in the pool's opening position. Raises `BroughtIn`."""
    undoing = aliased(PoolTransaction)
    there = (
        select(PoolTransaction.id)
        .join(PoolPosting, PoolPosting.transaction_id == PoolTransaction.id)
        .join(PoolAccount, PoolAccount.id == PoolPosting.account_id)
        .outerjoin(undoing, undoing.reverses == PoolTransaction.id)
        .where(
            PoolTransaction.pool_id == pool.id,
            PoolTransaction.event == Event.OPENING_BROUGHT_IN,
            PoolAccount.head == Head.FUNDING,
            PoolAccount.of == agreed.partner_id,
            PoolPosting.source == agreed.source,
            PoolPosting.amount_minor == -agreed.amount_minor,
            PoolTransaction.effective_on.between(agreed.first_day, agreed.last_day),
            undoing.id.is_(None),
        )
    )
    if found := work.session.scalar(there.limit(1)):
        raise BroughtIn(f"nothing was changed: see transaction {found}")


def _check_agreed(pool: HeldPool, partner: OfPartner, day: date) -> None:
    """Check that what a partner agreed is what the agreement says of it. Raises `Invalid`."""
    said = [
        (one.source, one.amount_minor)
        for one in pool.fund.contributions_on(day)
        if one.partner_id == partner.partner_id
    ]
    if not set(partner.agreed) <= set(said) or len(set(partner.agreed)) < len(partner.agreed):
        raise Invalid("what a partner agreed is what the agreement names: its sources and amounts")

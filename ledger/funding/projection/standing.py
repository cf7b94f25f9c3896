"""What pools, schemes, providers, periods, proposals and approvals are made by."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from audit import Record
from audit.values import to_json
from ledger.core.actor import Role
from ledger.core.projection import Opened, projects
from ledger.funding.entries import (
    PeriodClosed,
    PeriodOpened,
    PoolOpened,
    ProposalApproved,
    ProposalApprovedV1,
    ProposalDropped,
    ProviderAdded,
    SchemeAdded,
    TransactionProposed,
    TransactionProposedV1,
)
from ledger.funding.models import (
    ApprovalGiven,
    Period,
    Pool,
    PoolAccount,
    PoolBalance,
    PoolPartner,
    PoolProvider,
    Proposal,
    Scheme,
)
from ledger.funding.rules.chart import CHART, Of, accounts_of
from ledger.funding.rules.controls import CONTROLS, RANKS, Control
from ledger.funding.rules.periods import Stage


@projects(PoolOpened)
def pool_opened(session: Session, record: Record[PoolOpened], _: Opened) -> None:
    """There is a pool more, with its own accounts and those of its partners."""
    entry = record.entry
    session.add(
        Pool(
            id=entry.pool_id,
            title=entry.title,
            agreement_id=entry.agreement_id,
            data_agreement_id=entry.data_agreement_id,
            host_id=entry.host_id,
            currency=entry.currency,
            opened_at=record.at,
        )
    )
    session.flush()  # The rows below refer to it, and no relationship says so.
    _open_accounts(session, entry.pool_id, entry.currency, Of.POOL)
    for rank, partner_id in enumerate(entry.partner_ids):
        session.add(PoolPartner(pool_id=entry.pool_id, organisation_id=partner_id, rank=rank))
        _open_accounts(session, entry.pool_id, entry.currency, Of.PARTNER, partner_id)


@projects(PeriodOpened)
def period_opened(session: Session, record: Record[PeriodOpened], _: Opened) -> None:
    """The pool may post to some days more."""
    entry = record.entry
    session.add(
        Period(
            id=entry.period_id,
            pool_id=entry.pool_id,
            first_day=entry.first_day,
            last_day=entry.last_day,
            stage=Stage.OPEN,
        )
    )


@projects(PeriodClosed)
def period_closed(session: Session, record: Record[PeriodClosed], _: Opened) -> None:
    """Nothing is posted to those days any more."""
    session.get_one(Period, record.entry.period_id).closed_at = record.at


@projects(SchemeAdded)
def scheme_added(session: Session, record: Record[SchemeAdded], _: Opened) -> None:
    """The pool has a scheme more, with its accounts."""
    entry = record.entry
    pool = session.get_one(Pool, entry.pool_id)
    session.add(
        Scheme(
            id=entry.scheme_id,
            pool_id=entry.pool_id,
            rank=entry.rank,
            title=entry.title,
            place=entry.place,
            ring_fenced=entry.ring_fenced,
        )
    )
    _open_accounts(session, pool.id, pool.currency, Of.SCHEME, entry.scheme_id)


@projects(ProviderAdded)
def provider_added(session: Session, record: Record[ProviderAdded], _: Opened) -> None:
    """The pool may owe to an organisation more."""
    entry = record.entry
    pool = session.get_one(Pool, entry.pool_id)
    session.add(PoolProvider(pool_id=entry.pool_id, organisation_id=entry.provider_id))
    _open_accounts(session, pool.id, pool.currency, Of.PROVIDER, entry.provider_id)


@projects(TransactionProposed)
def proposed(session: Session, record: Record[TransactionProposed], _: Opened) -> None:
    """A transaction waits."""
    entry = record.entry
    _wait(session, record, entry, Control(people=entry.people, voice=entry.voice, rank=entry.rank))


@projects(TransactionProposedV1)
def proposed_before(session: Session, record: Record[TransactionProposedV1], _: Opened) -> None:
    """A transaction waits for what its kind waited for, whatever the amount."""
    _wait(session, record, record.entry, CONTROLS[record.entry.controlled_as])


def _wait(
    session: Session,
    record: Record[Any],
    entry: TransactionProposed | TransactionProposedV1,
    control: Control,
) -> None:
    promise = entry.promise if isinstance(entry, TransactionProposed) else None
    session.add(
        Proposal(
            id=entry.transaction.transaction_id,
            pool_id=entry.pool_id,
            event=entry.event,
            controlled_as=entry.controlled_as,
            body=to_json(entry.transaction),
            promise=to_json(promise) if promise else None,
            people=control.people,
            voice=control.voice,
            rank=control.rank,
            maker_id=entry.maker_id,
            made_at=record.at,
            entry_id=record.id,
            state="waiting",
        )
    )


@projects(ProposalApproved)
def approved(session: Session, record: Record[ProposalApproved], _: Opened) -> None:
    """One person more agrees to it."""
    _agree(session, record, record.entry, record.entry.rank)


@projects(ProposalApprovedV1)
def approved_before(session: Session, record: Record[ProposalApprovedV1], _: Opened) -> None:
    """One person more agrees to it, in the one rank that there was."""
    _agree(session, record, record.entry, RANKS[0])


def _agree(
    session: Session,
    record: Record[Any],
    entry: ProposalApproved | ProposalApprovedV1,
    rank: Role,
) -> None:
    session.add(
        ApprovalGiven(
            proposal_id=entry.transaction_id,
            person_id=entry.person_id,
            maker_id=session.get_one(Proposal, entry.transaction_id).maker_id,
            organisation_id=entry.organisation_id,
            rank=rank,
            approved_at=record.at,
            entry_id=record.id,
        )
    )


@projects(ProposalDropped)
def dropped(session: Session, record: Record[ProposalDropped], _: Opened) -> None:
    """It waits no more."""
    proposal = session.get_one(Proposal, record.entry.transaction_id)
    proposal.state, proposal.ended_at = "dropped", record.at


def _open_accounts(
    session: Session, pool_id: UUID, currency: str, kind: Of, of: UUID | None = None
) -> None:
    for account in accounts_of(kind, of):
        limits = CHART[account.head]
        session.add(
            PoolAccount(
                id=account.id_in(pool_id),
                pool_id=pool_id,
                head=account.head,
                of=of,
                book=account.head.book,
                currency=currency,
                floor_minor=limits.floor_minor,
                ceiling_minor=limits.ceiling_minor,
                yields=limits.yields,
            )
        )
        session.flush()
        session.add(
            PoolBalance(
                account_id=account.id_in(pool_id),
                pool_id=pool_id,
                balance_minor=0,
                postings_count=0,
            )
        )

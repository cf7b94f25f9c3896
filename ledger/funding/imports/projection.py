"""What importing payments changes: the batch's state, and many transactions at once.

The transactions of an import are posted like any other: to the same tables, through the same
door, judged by the same triggers. Each has an entry of its own. A payment out of the pool has
its proposal and approvals beside it: those of the batch.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from audit import Record
from audit.values import to_json
from ledger.core.bulk import insert_many
from ledger.core.db import table_of
from ledger.core.projection import Opened, projects, projects_together
from ledger.funding.imports.entries import (
    ImportApproved,
    ImportDropped,
    ImportedPaymentsAccrued,
    ImportedPaymentsMade,
    ImportPosted,
    ImportProposed,
)
from ledger.funding.imports.models import (
    ImportApproval,
    ImportedPayment,
    PaymentImport,
    approvals_of,
)
from ledger.funding.models import ApprovalGiven, Period, Pool, PoolPartner, Proposal
from ledger.funding.projection.moving import hold
from ledger.funding.projection.payments import tick
from ledger.funding.projection.sealing import seal_many
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.controls import enough
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Transaction

Imported = Record[ImportedPaymentsAccrued] | Record[ImportedPaymentsMade]
_AT_ONCE = 500


@projects(ImportProposed)
def proposed(session: Session, record: Record[ImportProposed], _: Opened) -> None:
    """The payments of a file wait for approval."""
    entry = record.entry
    session.add(
        PaymentImport(
            id=entry.import_id,
            pool_id=entry.pool_id,
            state="waiting",
            maker_id=entry.maker_id,
            made_at=record.at,
            entry_id=record.id,
            file_commitment=entry.file_commitment,
            rows_digest=entry.rows_digest,
            rows=entry.rows,
            total_minor=entry.total_minor,
            first_day=entry.first_day,
            last_day=entry.last_day,
            people=entry.people,
            voice=entry.voice,
            rank=entry.rank,
        )
    )


@projects(ImportApproved)
def approved(session: Session, record: Record[ImportApproved], _: Opened) -> None:
    """One more person approved; with the last of them it may be posted."""
    entry = record.entry
    batch = session.get_one(PaymentImport, entry.import_id)
    session.add(
        ImportApproval(
            import_id=entry.import_id,
            person_id=entry.person_id,
            maker_id=batch.maker_id,
            organisation_id=entry.organisation_id,
            rank=entry.rank,
            approved_at=record.at,
            entry_id=record.id,
        )
    )
    session.flush()
    given = [one.approval for one in approvals_of(session, entry.import_id)]
    if enough(batch.control, given, partner_ids=_partners(session, entry.pool_id)):
        batch.state = "approved"


@projects(ImportDropped)
def dropped(session: Session, record: Record[ImportDropped], _: Opened) -> None:
    """Nothing of it will be posted."""
    batch = session.get_one(PaymentImport, record.entry.import_id)
    batch.state, batch.ended_at = "dropped", record.at


@projects(ImportPosted)
def finished(session: Session, record: Record[ImportPosted], _: Opened) -> None:
    """All of it is posted."""
    batch = session.get_one(PaymentImport, record.entry.import_id)
    batch.state, batch.ended_at = "posted", record.at


@projects_together(ImportedPaymentsAccrued, ImportedPaymentsMade)
def posted(session: Session, records: Sequence[Imported]) -> None:
    """Transactions are posted and sealed together; the database moves the balances."""
    entry = records[0].entry
    pool = session.get_one(Pool, entry.pool_id)
    transactions = [record.entry.transaction for record in records]
    held = hold(session, pool.id, transactions)
    before = dict(held.minor)
    periods = session.execute(
        select(Period.id, Period.first_day, Period.last_day).where(Period.pool_id == pool.id)
    ).all()
    headers, legs, short = [], [], dict[UUID, int]()
    for number, (record, transaction) in enumerate(zip(records, transactions, strict=True)):
        at = held.moment(transaction, pool.id, record.at)
        period_id = next(
            one.id for one in periods if one.first_day <= transaction.effective_on <= one.last_day
        )
        headers.append(_header(record, transaction, at, period_id))
        legs += held.move(transaction, pool, at)
        if isinstance(record.entry, ImportedPaymentsAccrued):
            scheme_id = record.entry.scheme_id
            available = Account(head=Head.AVAILABLE, of=scheme_id).id_in(pool.id)
            if held.minor[available] < 0:
                short.setdefault(scheme_id, number)
    _approve(session, records, transactions)
    seal_many(session, headers, legs)
    _close(session, [one.transaction_id for one in transactions], records[0].at)
    _list(session, records)
    for number in short.values():
        record = records[number]
        tick(session, record, Event.EXPENDITURE_ACCRUED, before, held.minor)  # type: ignore[arg-type]


def _header(
    record: Imported, transaction: Transaction, at: datetime, period_id: UUID
) -> dict[str, Any]:
    accrues = isinstance(record.entry, ImportedPaymentsAccrued)
    return {
        "id": transaction.transaction_id,
        "pool_id": record.entry.pool_id,
        "entry_id": record.id,
        "event": (Event.EXPENDITURE_ACCRUED if accrues else Event.PAYMENT_MADE).value,
        "effective_on": transaction.effective_on,
        "recorded_at": at,
        "period_id": period_id,
        "agreement_version": transaction.agreement_version,
        "clause": transaction.clause,
        "reference": None,
        "basis": transaction.basis,
        "commitment_id": None,
        "reverses": None,
        "relates_to": None,
        "actor": record.actor,
        "liability": accrues,
        "capital": None,
        "vat": None,
    }


def _approve(
    session: Session, records: Sequence[Imported], transactions: Sequence[Transaction]
) -> None:
    """Put beside each payment the proposal and the approvals of its batch."""
    paid = [
        (record, transaction)
        for record, transaction in zip(records, transactions, strict=True)
        if isinstance(record.entry, ImportedPaymentsMade)
    ]
    if not paid:
        return
    batch = session.get_one(PaymentImport, paid[0][0].entry.import_id)
    proposal = {
        "pool_id": batch.pool_id,
        "event": Event.PAYMENT_MADE.value,
        "controlled_as": Event.PAYMENT_MADE.value,
        "promise": None,
        "people": batch.people,
        "voice": batch.voice,
        "rank": batch.rank,
        "maker_id": batch.maker_id,
        "made_at": batch.made_at,
        "entry_id": batch.entry_id,
        "state": "waiting",
        "ended_at": None,
    }
    session.connection().execute(
        insert(table_of(Proposal)),
        [{**proposal, "id": one.transaction_id, "body": to_json(one)} for _, one in paid],
    )
    given = [
        {
            "person_id": one.person_id,
            "maker_id": one.maker_id,
            "organisation_id": one.organisation_id,
            "rank": one.rank,
            "approved_at": one.approved_at,
            "entry_id": one.entry_id,
        }
        for one in approvals_of(session, batch.id)
    ]
    session.connection().execute(
        insert(table_of(ApprovalGiven)),
        [{**one, "proposal_id": each.transaction_id} for _, each in paid for one in given],
    )


def _close(session: Session, transaction_ids: Sequence[UUID], at: datetime) -> None:
    """The proposals of what is posted wait no longer."""
    for start in range(0, len(transaction_ids), _AT_ONCE):
        some = Proposal.id.in_(transaction_ids[start : start + _AT_ONCE])
        session.execute(
            update(table_of(Proposal))
            .where(some, Proposal.state == "waiting")
            .values(state="posted", ended_at=at)
        )


def _list(session: Session, records: Iterable[Imported]) -> None:
    """Keep, for each row of the file, the two postings that it became."""
    rows = [
        {
            "import_id": record.entry.import_id,
            "line": line,
            "pool_id": record.entry.pool_id,
            "transaction_id": record.entry.transaction_id,
            "seq": 2 * number,
            "paid_on": record.entry.effective_on,
            "reference": record.entry.references[number],
            "amount_minor": record.entry.amounts_minor[number],
        }
        for record in records
        if isinstance(record.entry, ImportedPaymentsAccrued)
        for number, line in enumerate(record.entry.lines)
    ]
    insert_many(session.connection(), table_of(ImportedPayment), rows)


def _partners(session: Session, pool_id: UUID) -> Sequence[UUID]:
    mine = select(PoolPartner.organisation_id).where(PoolPartner.pool_id == pool_id)
    return session.scalars(mine).all()

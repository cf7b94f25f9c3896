"""Authorising an overspend that is there already: recorded, and said to be late."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy import select

from ledger.core.work import UnitOfWork
from ledger.funding.payment_tables import Overspend
from ledger.funding.rules.chart import Head
from ledger.funding.rules.postings import Transaction

LATE: Final = "Late: the scheme was beyond its budget before this was authorised"
"""The basis of such a transaction. The log keeps it, and so pages, exports and auditors see it."""


def flagged(work: UnitOfWork, transaction: Transaction) -> Transaction:
    """Return an authorisation with `LATE` as its basis if its scheme is overspent already."""
    schemes = {leg.account.of for leg in transaction.postings if leg.account.head is Head.AVAILABLE}
    if any(_is_overspent(work, one) for one in schemes if one is not None):
        return replace(transaction, basis=LATE)
    return transaction


def _is_overspent(work: UnitOfWork, scheme_id: UUID) -> bool:
    running = select(Overspend.scheme_id).where(
        Overspend.scheme_id == scheme_id, Overspend.ended_at.is_(None)
    )
    return work.session.scalar(running) is not None

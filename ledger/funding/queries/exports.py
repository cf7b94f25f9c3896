"""A pool's journal for another program, as of a size of the log: a pure function of the size."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.core.as_said import tree_root
from ledger.directory.queries.as_said import organisations_then
from ledger.funding.queries.as_of import PoolAt, pool_at
from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.transactions import transactions_at


def journal_text(session: Session, pool: PoolView, write: Callable[..., str], *, size: int) -> str:
    """Return the journal as *write* (`export.hledger` or `export.beancount`) spells it.

    Raises:
        LogNotThatLong: the log is shorter.
    """
    then = pool_at(session, pool, size)
    note = (
        f"{then.title} ({then.id}); agreement {then.agreement_id}, version "
        f"{then.agreement_version}; log size {size}; tree root {tree_root(session, size)}"
    )
    return write(
        transactions_at(session, pool.id, size), names_at(session, then), then.currency, note
    )


def names_at(session: Session, then: PoolAt) -> dict[UUID, str]:
    """Return what partners, providers and schemes were called by a size of the log."""
    ids = {*then.partner_ids, *then.provider_ids}
    known = organisations_then(session, ids, size=then.size)
    return {one.id: one.name for one in known.values()} | then.labels()

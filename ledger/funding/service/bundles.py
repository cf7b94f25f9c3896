"""Paying by episode: so many at one price that several providers divide. Counts only.

Never an episode of one person: an episode is a number here, and nothing says whose.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from uuid import UUID

from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Commitment
from ledger.funding.payment_tables import Bundle
from ledger.funding.rules import events
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Share, check_amount
from ledger.funding.service.posting import (
    HeldPool,
    Outcome,
    hold_balances,
    hold_pool,
    hold_scheme,
    new_transaction,
    write,
)


class NotThatManyEpisodes(Conflict):
    """More episodes would be over or cancelled than are open."""

    slug = "not-that-many-episodes"
    title = "There are not that many episodes left of this bundle"


def start(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    parts_minor: Mapping[UUID, int],
    episodes: int,
    reference: str,
    effective_on: date | None = None,
) -> tuple[UUID, Outcome]:
    """Promise *episodes* at the price whose parts are *parts_minor*, by provider.

    Returns:
        The bundle's id, which is its commitment's, and what was posted.

    Raises:
        BeyondLimit: the scheme has not that much available.
        AmountRefused: no episodes, or a part that is not above zero.
    """
    pool = hold_pool(work, pool_id)
    hold_scheme(work, pool, scheme_id)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    for number in (episodes, *parts_minor.values()):
        check_amount(number)
    hold_balances(work, pool, [Account(head=Head.PAYABLE, of=one) for one in parts_minor])
    price_minor = sum(parts_minor.values())
    bundle_id = new_id()
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(Event.BUNDLE_STARTED),
        reference=reference,
        commitment_id=bundle_id,
        postings=events.commit(scheme_id, episodes * price_minor),
    )
    parts = tuple(
        Share(of=one, weight=Fraction(part, price_minor), amount_minor=part)
        for one, part in parts_minor.items()
    )
    details = {"scheme_id": scheme_id, "parts": parts, "episodes": episodes}
    return bundle_id, write(work, pool, Event.BUNDLE_STARTED, transaction, details=details)


def done(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    bundle_id: UUID,
    episodes: int,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Record that episodes are over: each provider is owed its part of the price.

    Raises:
        NotThatManyEpisodes: fewer are open.
    """
    pool, bundle, scheme_id = _held(work, pool_id, bundle_id, episodes)
    owed = {one: part * episodes for one, part in bundle.parts_minor.items()}
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(Event.BUNDLE_DONE),
        reference=reference,
        commitment_id=bundle_id,
        postings=events.accrue(scheme_id, owed, covered_minor=sum(owed.values())),
    )
    details = {"scheme_id": scheme_id, "episodes": episodes}
    return write(work, pool, Event.BUNDLE_DONE, transaction, details=details)


def cancel(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    bundle_id: UUID,
    episodes: int,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Record that episodes will not take place: the scheme has their price again.

    Raises:
        NotThatManyEpisodes: fewer are open.
    """
    pool, bundle, scheme_id = _held(work, pool_id, bundle_id, episodes)
    price_minor = sum(bundle.parts_minor.values())
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(Event.BUNDLE_CANCELLED),
        reference=reference,
        commitment_id=bundle_id,
        postings=events.release(scheme_id, episodes * price_minor),
    )
    details = {"scheme_id": scheme_id, "episodes": episodes}
    return write(work, pool, Event.BUNDLE_CANCELLED, transaction, details=details)


def _held(
    work: UnitOfWork, pool_id: UUID, bundle_id: UUID, episodes: int
) -> tuple[HeldPool, Bundle, UUID]:
    pool = hold_pool(work, pool_id)
    bundle, commitment = work.load(Bundle, bundle_id), work.load(Commitment, bundle_id)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    if bundle.pool_id != pool_id:
        raise NotFound("no such bundle in this pool")
    check_amount(episodes)
    left = bundle.started - bundle.done - bundle.cancelled
    if episodes > left:
        raise NotThatManyEpisodes(f"{left} are still open")
    return pool, bundle, commitment.scheme_id

"""Which pools there are, and what belongs to each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from ledger.core import authority
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.funding.models import (
    Commitment,
    Period,
    Pool,
    PoolPartner,
    PoolProvider,
    Scheme,
)
from ledger.funding.rules.commitments import Commitment as CommitmentState


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeView:
    """A scheme of a pool."""

    id: UUID
    title: str
    place: str | None
    ring_fenced: bool

    @property
    def label(self) -> str:
        """Title and place, as people say it."""
        return f"{self.title}, {self.place}" if self.place else self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodView:
    """Days that a pool may post to, until it is closed."""

    id: UUID
    first_day: date
    last_day: date
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolView:
    """A pool, with partners in the agreement's order and schemes in their own."""

    id: UUID
    title: str
    agreement_id: UUID
    data_agreement_id: UUID | None
    host_id: UUID
    currency: str
    opened_at: datetime
    partner_ids: tuple[UUID, ...]
    provider_ids: tuple[UUID, ...]
    schemes: tuple[SchemeView, ...]
    periods: tuple[PeriodView, ...]

    @property
    def resource(self) -> Resource:
        """What a decision about this pool depends on."""
        parties = frozenset((*self.partner_ids, self.host_id))
        return Resource(organisation_ids=parties, host_id=self.host_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentView:
    """A promise to a provider, and how far it has got."""

    id: UUID
    scheme_id: UUID
    provider_id: UUID
    reference: str | None
    state: CommitmentState


def pools(session: Session, actor: Actor) -> Sequence[PoolView]:
    """Return the pools that an actor may see, by title."""
    ids = session.scalars(select(Pool.id).where(readable(actor)).order_by(Pool.title, Pool.id))
    return [_view(session, session.get_one(Pool, pool_id)) for pool_id in ids]


def pool(session: Session, actor: Actor, pool_id: UUID) -> PoolView:
    """Return a pool. Raises `NotFound` if there is none that the actor may see."""
    row = session.scalar(select(Pool).where(Pool.id == pool_id, readable(actor)))
    if row is None:
        raise NotFound("no such pool")
    return _view(session, row)


def any_pool(session: Session, pool_id: UUID) -> PoolView:
    """Return a pool. Asks nobody's permission: for operators' commands.

    Raises:
        NotFound: there is none.
    """
    row = session.get(Pool, pool_id)
    if row is None:
        raise NotFound("no such pool")
    return _view(session, row)


def pool_of_agreement(session: Session, actor: Actor, agreement_id: UUID) -> UUID | None:
    """Return the pool that hangs from an agreement, if the actor may see it."""
    mine = select(Pool.id).where(Pool.agreement_id == agreement_id, readable(actor))
    return session.scalar(mine)


def commitments(session: Session, pool: PoolView) -> Sequence[CommitmentView]:
    """Return the commitments of a pool, oldest first."""
    rows = session.scalars(
        select(Commitment).where(Commitment.pool_id == pool.id).order_by(Commitment.id)
    )
    return [
        CommitmentView(
            id=row.id,
            scheme_id=row.scheme_id,
            provider_id=row.provider_id,
            reference=row.reference,
            state=row.state,
        )
        for row in rows
    ]


def readable(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which *actor* may see a row of `pools`."""
    policy = authority.in_force()
    if authority.permits(policy, actor, Permission.POOL_READ, Resource()):
        return true()
    org = actor.organisation_id
    if org is None:
        return ~true()
    stands: list[ColumnElement[bool]] = [Pool.id.is_(None)]
    as_party = Resource(organisation_ids=frozenset({org}))
    if authority.permits(policy, actor, Permission.POOL_READ, as_party):
        partner = select(PoolPartner.pool_id).where(PoolPartner.organisation_id == org)
        stands += [Pool.id.in_(partner), Pool.host_id == org]
    return or_(*stands)


def _view(session: Session, row: Pool) -> PoolView:
    partners = select(PoolPartner.organisation_id).where(PoolPartner.pool_id == row.id)
    providers = select(PoolProvider.organisation_id).where(PoolProvider.pool_id == row.id)
    schemes = select(Scheme).where(Scheme.pool_id == row.id).order_by(Scheme.rank)
    periods = select(Period).where(Period.pool_id == row.id).order_by(Period.first_day)
    return PoolView(
        id=row.id,
        title=row.title,
        agreement_id=row.agreement_id,
        data_agreement_id=row.data_agreement_id,
        host_id=row.host_id,
        currency=row.currency,
        opened_at=row.opened_at,
        partner_ids=tuple(session.scalars(partners.order_by(PoolPartner.rank))),
        provider_ids=tuple(session.scalars(providers.order_by(PoolProvider.organisation_id))),
        schemes=tuple(
            SchemeView(id=one.id, title=one.title, place=one.place, ring_fenced=one.ring_fenced)
            for one in session.scalars(schemes)
        ),
        periods=tuple(
            PeriodView(
                id=one.id,
                first_day=one.first_day,
                last_day=one.last_day,
                closed_at=one.closed_at,
            )
            for one in session.scalars(periods)
        ),
    )

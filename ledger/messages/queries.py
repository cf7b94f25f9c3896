"""Reads of the messages area. They return values, never rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.core import authority
from ledger.core.actor import Actor
from ledger.core.errors import NotFound
from ledger.core.permissions import Permission
from ledger.directory import queries as directory
from ledger.messages.models import Acknowledgement, AlertChoice, Attempt, Delivery, Endpoint
from ledger.messages.rules.alerts import How


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """Where a program is told of changes, and how that goes.

    Attributes:
        kinds: What it is told of; none: all that concerns the organisation.
        paused: Why it is told nothing; None while it is.
        failing_since: Since when it takes nothing; None if it does.
        waiting: How many messages it has not taken yet.
    """

    id: UUID
    organisation_id: UUID
    url: str
    kinds: tuple[str, ...]
    paused: str | None
    failing_since: datetime | None
    registered_at: datetime
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One message to one endpoint. Due at no moment: it was taken, or dropped."""

    entry_id: UUID
    index: int
    kind: str
    queued_at: datetime
    due_at: datetime | None
    attempts: int
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One try, and what came of it."""

    at: datetime
    took_ms: int
    status: int | None
    problem: str | None


def endpoints(session: Session, actor: Actor) -> tuple[EndpointView, ...]:
    """Return the endpoints of the actor's organisation, the oldest first."""
    if actor.organisation_id is None or not _may_keep(session, actor, actor.organisation_id):
        return ()
    mine = select(Endpoint).where(
        Endpoint.organisation_id == actor.organisation_id, Endpoint.closed_at.is_(None)
    )
    return _views(session, list(session.scalars(mine.order_by(Endpoint.id))))


def endpoint(session: Session, actor: Actor, endpoint_id: UUID) -> EndpointView:
    """Return one endpoint. Raises `NotFound` if it is not the actor's to keep."""
    row = session.get(Endpoint, endpoint_id)
    gone = row is None or row.closed_at is not None
    if row is None or gone or not _may_keep(session, actor, row.organisation_id):
        raise NotFound("no such endpoint")
    return _views(session, [row])[0]


def deliveries(
    session: Session, of: EndpointView, *, limit: int, before_index: int | None = None
) -> Sequence[DeliveryView]:
    """Return the messages of an endpoint, the newest first."""
    chosen = select(Delivery).where(Delivery.endpoint_id == of.id)
    if before_index is not None:
        chosen = chosen.where(Delivery.index < before_index)
    rows = session.scalars(chosen.order_by(Delivery.index.desc()).limit(limit))
    return [
        DeliveryView(
            entry_id=row.entry_id,
            index=row.index,
            kind=row.kind,
            queued_at=row.queued_at,
            due_at=row.due_at,
            attempts=row.attempts,
            delivered_at=row.delivered_at,
        )
        for row in rows
    ]


def attempts(session: Session, of: EndpointView, entry_id: UUID) -> Sequence[AttemptView]:
    """Return every try to deliver one message, the newest first."""
    rows = session.scalars(
        select(Attempt)
        .where(Attempt.endpoint_id == of.id, Attempt.entry_id == entry_id)
        .order_by(Attempt.at.desc(), Attempt.id.desc())
    )
    return [
        AttemptView(at=row.at, took_ms=row.took_ms, status=row.status, problem=row.problem)
        for row in rows
    ]


def acknowledgements(
    session: Session, organisation_id: UUID, entry_ids: Sequence[UUID]
) -> frozenset[UUID]:
    """Return which of these entries an organisation has acknowledged."""
    row = Acknowledgement
    theirs = row.organisation_id == organisation_id
    found = select(row.entry_id).where(theirs, row.entry_id.in_(entry_ids))
    return frozenset(session.scalars(found))


def acknowledged_by(session: Session, entry_id: UUID) -> dict[UUID, datetime]:
    """Return which organisations have acknowledged an entry, and when."""
    rows = select(Acknowledgement).where(Acknowledgement.entry_id == entry_id)
    return {row.organisation_id: row.acknowledged_at for row in session.scalars(rows)}


def how_told(session: Session, person_id: UUID) -> How:
    """Return how somebody wants to be told by e-mail."""
    row = session.get(AlertChoice, person_id)
    return How(row.how) if row else How.AT_ONCE


def _may_keep(session: Session, actor: Actor, organisation_id: UUID) -> bool:
    resource = directory.resource(session, organisation_id)
    return authority.permits(authority.in_force(), actor, Permission.ENDPOINT_KEEP, resource)


def _views(session: Session, rows: Sequence[Endpoint]) -> tuple[EndpointView, ...]:
    undelivered = (
        select(Delivery.endpoint_id, func.count().label("waiting"))
        .where(Delivery.endpoint_id.in_([row.id for row in rows]), Delivery.due_at.is_not(None))
        .group_by(Delivery.endpoint_id)
    )
    waiting = {row.endpoint_id: row.waiting for row in session.execute(undelivered)}
    return tuple(
        EndpointView(
            id=row.id,
            organisation_id=row.organisation_id,
            url=row.url,
            kinds=tuple(row.kinds),
            paused=row.paused,
            failing_since=row.failing_since,
            registered_at=row.registered_at,
            waiting=waiting.get(row.id, 0),
        )
        for row in rows
    )

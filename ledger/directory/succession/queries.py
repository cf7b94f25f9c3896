"""Reads of who stands for whom, and of what organisations were called. All of it is public."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, literal, or_, select
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.errors import NotFound
from ledger.core.work import UnitOfWork
from ledger.directory.models import Organisation
from ledger.directory.succession.models import (
    OrganisationName,
    OrganisationSuccession,
    SuccessionsEpoch,
)
from ledger.directory.succession.rules import SuccessionKind, Successions, check_stands

EPOCH: Final = select(SuccessionsEpoch.n)
"""Run past the ORM, or as part of another statement: every group of decisions asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessionView:
    """One organisation takes another's place from a day on."""

    predecessor_id: UUID
    predecessor: str
    successor_id: UUID
    successor: str
    kind: SuccessionKind
    effective_on: date
    order: str
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class NameView:
    """What an organisation was called from a moment on."""

    name: str
    from_at: datetime


def successions_epoch(session: Session) -> int:
    """Return how often it has changed who stands for whom."""
    return session.connection().execute(EPOCH).scalar_one()


def successions(session: Session) -> Successions:
    """Return who succeeds whom, as a value that is right while `successions_epoch` is its n."""
    # The number first: what changes after it makes it old, not wrong.
    return _numbered(session, successions_epoch(session))


def _numbered(session: Session, n: int) -> Successions:
    if n == 0:
        return Successions()
    row = OrganisationSuccession
    found = session.execute(select(row.predecessor_id, row.successor_id, row.effective_on))
    return Successions(n, {one.predecessor_id: (one.successor_id, one[2]) for one in found})


def hold_successions(work: UnitOfWork) -> Successions:
    """Return the same, and let nobody take another's place until *work* ends."""
    return _numbered(work.session, work.load(SuccessionsEpoch, 1, to_change=False).n)


def must_stand(
    work: UnitOfWork, organisation_id: UUID, *, from_on: date, until_on: date | None
) -> None:
    """Check, and hold, that nobody else stands in an organisation's place in a period.

    Raises:
        OrganisationSucceeded: another does.
    """
    check_stands(hold_successions(work), organisation_id, from_on=from_on, until_on=until_on)


def standing_ids(session: Session, organisation_id: UUID, on: date | None = None) -> set[UUID]:
    """Return an organisation and those for which it stands on a day; by default, today."""
    today = on or clock.today()
    return {organisation_id, *successions(session).stood_for(organisation_id, today)}


def stands_for(organisation_id: UUID, on: date) -> Select[UUID]:
    """Say in SQL which organisations one stands for on a day, itself included."""
    row = OrganisationSuccession
    itself = select(literal(organisation_id, type_=row.predecessor_id.type).label("id"))
    chain = itself.cte(recursive=True)  # Without a name: one statement may ask twice.
    chain = chain.union_all(
        select(row.predecessor_id).where(row.successor_id == chain.c.id, row.effective_on <= on)
    )
    return select(chain.c.id)


def successors(session: Session, organisation_id: UUID) -> tuple[SuccessionView, ...]:
    """Return the successions that lead on from an organisation, the next one first.

    For whoever keeps something by organisation that no order moves by itself: balances, pools,
    seats. They say from which day another answers for it.
    """
    found: list[SuccessionView] = []
    at = organisation_id
    while (row := session.get(OrganisationSuccession, at)) is not None:
        found += _views(session, [row])
        at = row.successor_id
    return tuple(found)


def predecessors(session: Session, organisation_id: UUID) -> tuple[SuccessionView, ...]:
    """Return the successions by which an organisation takes others' places, oldest first."""
    row = OrganisationSuccession
    rows = session.scalars(
        select(row)
        .where(row.successor_id == organisation_id)
        .order_by(row.effective_on, row.predecessor_id)
    )
    return tuple(_views(session, rows))


def organisation_name(session: Session, organisation_id: UUID, *, at: datetime) -> str:
    """Return what an organisation was called at a moment; before the first, its first name.

    Raises:
        NotFound: there is no such organisation.
    """
    row = OrganisationName
    named = select(row.name).where(row.organisation_id == organisation_id)
    order = (row.from_at, row.entry_id)
    then = session.scalar(
        named.where(row.from_at <= at).order_by(*(each.desc() for each in order)).limit(1)
    )
    found = then or session.scalar(named.order_by(*order).limit(1))
    if found is None:
        raise NotFound("no such organisation")
    return found


def names_of(session: Session, organisation_id: UUID) -> tuple[NameView, ...]:
    """Return what an organisation was called, the oldest name first."""
    row = OrganisationName
    rows = session.scalars(
        select(row)
        .where(row.organisation_id == organisation_id)
        .order_by(row.from_at, row.entry_id)
    )
    return tuple(NameView(one.name, one.from_at) for one in rows)


def coming(session: Session, ids: Iterable[UUID]) -> dict[UUID, SuccessionView]:
    """Return the successions, past or to come, of some organisations, by predecessor."""
    row = OrganisationSuccession
    wanted = set(ids)
    rows = session.scalars(select(row).where(or_(row.predecessor_id.in_(wanted))))
    return {one.predecessor_id: one for one in _views(session, rows)}


def _views(session: Session, rows: Iterable[OrganisationSuccession]) -> list[SuccessionView]:
    found = list(rows)
    ids = {each for row in found for each in (row.predecessor_id, row.successor_id)}
    wanted = select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    names = {row.id: row.name for row in session.execute(wanted)}
    return [
        SuccessionView(
            predecessor_id=row.predecessor_id,
            predecessor=names[row.predecessor_id],
            successor_id=row.successor_id,
            successor=names[row.successor_id],
            kind=row.succession,
            effective_on=row.effective_on,
            order=row.order,
            entry_id=row.entry_id,
        )
        for row in found
    ]

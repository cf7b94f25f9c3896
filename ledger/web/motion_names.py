"""Whom and what a motion names, and where what it posted is shown, for whoever reads it."""

from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.errors import NotFound
from ledger.directory import queries as directory
from ledger.funding.queries import pools
from ledger.governance import queries as governance
from ledger.governance.motions.queries import MotionView

GONE = "Somebody who is not here any more"


def transaction_of(session: Session, actor: Actor, view: MotionView) -> str | None:
    """Return where what a motion posted is shown, if it posted and the reader may see the pool."""
    pool_id = getattr(view.parameters, "pool_id", None)
    sort, _, key = (view.result or "").partition(":")
    if pool_id is None or sort != "transaction":
        return None
    try:
        pools.pool(session, actor, pool_id)
    except NotFound:
        return None
    if view.waiting:
        return url_for("pools.waiting", pool_id=pool_id)
    return url_for("pools.show_transaction", pool_id=pool_id, transaction_id=UUID(key))


def names_of(
    session: Session, actor: Actor, view: MotionView, *, also: frozenset[UUID] = frozenset()
) -> dict[UUID, str]:
    """Return the names of the people, seats and schemes of a motion, and of people *also*."""
    people = {one.person_id for one in view.roll} | {view.mover_id} | also
    people |= {
        one for one in (view.seconder_id, getattr(view.parameters, "person_id", None)) if one
    }
    names = {key: name or GONE for key, name in directory.person_names(session, people).items()}
    body = governance.body(session, view.body_id, on=clock.today())
    names |= {seat.id: seat.title for seat in body.seats}
    pool_id = getattr(view.parameters, "pool_id", None)
    if pool_id is not None:
        try:
            schemes = pools.pool(session, actor, pool_id).schemes
        except NotFound:
            schemes = ()
        names |= {one.id: one.label for one in schemes}
    return names

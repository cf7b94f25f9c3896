"""What waits for somebody about banks and ledgers: lines to explain, a comparison to sign."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from ledger.core.actor import Actor
from ledger.core.authority import in_force, permits
from ledger.core.errors import Conflict
from ledger.core.policy import Permission
from ledger.directory import queries as directory
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView
from ledger.funding.reconciliation import queries
from ledger.funding.reconciliation.queries import ReconciliationView
from ledger.funding.reconciliation.service import accounts_of
from ledger.funding.rules.controls import RANKS
from ledger.web.attention import Attention
from ledger.web.reconciliation_words import SOURCES
from ledger.web.shell import day
from ledger.web.tasks import Sort, Task

_COUNTED: Final = 1_000
"""Of a statement with more lines, it is not counted on every page how many are left."""


def waiting(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return what the reader may explain, and what they may sign that another prepared."""
    del today
    policy, tasks = in_force(), list[Task]()
    for pool in pools.pools(session, actor):
        for one in _unsigned(session, pool):
            mine = accounts_of(one.organisation_id)
            if not permits(policy, actor, Permission.POOL_RECONCILE, mine):
                continue
            if one.prepared_by is None:
                text = _left(session, one)
                hint = f"{_name(session, one)}, {pool.title}"
                tasks.append(Task(text, _href(one), hint, "To explain"))
            elif one.prepared_by != actor.person_id and actor.roles & set(RANKS):
                hint = f"{pool.title}: look at it, then sign it or give it back"
                tasks.append(Task(_name(session, one), _href(one), hint, "Sign", sort=Sort.SIGN))
    return tasks


def attention(session: Session, pool: PoolView, today: date) -> list[Attention]:
    """Return the comparisons of a pool that nobody has signed yet, for its page."""
    del today
    return [
        Attention(f"{_name(session, one)}: {_state(session, one)}", _href(one))
        for one in _unsigned(session, pool)
    ]


def _unsigned(session: Session, pool: PoolView) -> Iterator[ReconciliationView]:
    return (one for one in queries.reconciliations(session, pool) if one.signed_by is None)


def _state(session: Session, one: ReconciliationView) -> str:
    if one.prepared_by is not None:
        return "waits for a second signature"
    left = _left(session, one)
    return left[0].lower() + left[1:]


def _left(session: Session, one: ReconciliationView) -> str:
    """Return how much of a comparison is still to be explained, in words."""
    if one.log_size is None:
        return "Not compared yet"
    if one.lines_count > _COUNTED:
        return "Not handed on yet"
    try:
        count = len(queries.unexplained(queries.result(session, one)))
    except Conflict as refused:
        return refused.title
    if not count:
        return "All explained, and not handed on yet"
    return f"{count:,} line{'s' * (count > 1)} unexplained"


def _name(session: Session, one: ReconciliationView) -> str:
    of = directory.organisations(session, {one.organisation_id})[one.organisation_id].name
    return f"{SOURCES[one.source].capitalize()} of {of}, to {day(one.last_day)}"


def _href(one: ReconciliationView) -> str:
    return url_for("pool_reconciliations.show", pool_id=one.pool_id, reconciliation_id=one.id)

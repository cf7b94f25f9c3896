"""All that waits for one person's approval, in every pool: why them, and what came of the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self
from uuid import UUID

from flask import Blueprint, render_template, url_for

from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.funding.queries import pools, proposals
from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.proposals import ProposalView
from ledger.funding.rules.thresholds import size_minor
from ledger.web.approver import reader_of
from ledger.web.funding import names_of
from ledger.web.funding_lines import PROPOSED, WHY_NOT, Money, ProposalCard, waits_for
from ledger.web.navigation import role_words

blueprint = Blueprint("approvals_inbox", __name__, url_prefix="/approvals")

LATELY: Final = timedelta(days=30)
STATES: Final = {"posted": ("Counts", "green"), "dropped": ("Will not be posted", "grey")}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToApprove:
    """A proposal that the reader may approve, and why it is theirs to approve."""

    pool_id: UUID
    pool: str
    card: ProposalCard
    why: str

    @classmethod
    def of(cls, one: ProposalView, pool: PoolView, card: ProposalCard, actor: Actor) -> Self:
        """Say as what they approve, for whom, how much, and by which clause."""
        roles = " and ".join(sorted(role_words(role).lower() for role in actor.roles))
        partner = "the host" if actor.organisation_id == pool.host_id else "a partner"
        amount = Money(pool.currency)(size_minor(one.transaction.postings))
        return cls(
            pool_id=pool.id,
            pool=pool.title,
            card=card,
            why=f"You act as {roles} of {partner}. {amount} waits for {waits_for(one.control)}: "
            f"version {one.transaction.agreement_version} of the agreement, "
            f"clause {one.transaction.clause}.",
        )


@blueprint.get("")
@requires(Permission.POOL_READ)
def show() -> str:
    """Show what waits for the reader, what they prepared, and what was lately decided."""
    session, actor = db.session(), current_actor()
    since = clock.now() - LATELY
    to_approve: list[ToApprove] = []
    prepared, decided = [], []
    for pool in pools.pools(session, actor):
        found = proposals.waiting(session, pool)
        to_approve += _to_approve(found, pool, actor)
        if actor.person_id is None:
            continue
        prepared += [_prepared(one, pool) for one in found if one.maker_id == actor.person_id]
        ended = proposals.lately_decided(session, pool, actor.person_id, since=since)
        decided += [_decided(one, pool) for one in ended]
    return render_template(
        "pools/inbox.jinja",
        to_approve=to_approve,
        prepared=prepared,
        decided=decided,
        reasons=WHY_NOT,
    )


def _to_approve(found: Sequence[ProposalView], pool: PoolView, actor: Actor) -> list[ToApprove]:
    """Return what the reader may approve, and nothing that they may not."""
    reader = reader_of(actor, pool)
    mine = [one for one in found if reader.why_not(one, pool) is None]
    ids = {one.maker_id for one in mine} | {a.person_id for one in mine for a in one.approvals}
    people = directory.person_names(db.session(), ids) if ids else {}
    names = names_of(pool)
    cards = [(one, ProposalCard.of(one, pool, names, people, reader)) for one in mine]
    return [ToApprove.of(one, pool, card, actor) for one, card in cards]


def _prepared(one: ProposalView, pool: PoolView) -> list[object]:
    given = len(one.approvals)
    return [
        {"text": _heading(one, pool), "href": url_for("pools.waiting", pool_id=pool.id)},
        pool.title,
        f"{waits_for(one.control)}; {given} approved so far" if given else waits_for(one.control),
    ]


def _decided(one: ProposalView, pool: PoolView) -> list[object]:
    words, colour = STATES[one.state]
    heading: object = _heading(one, pool)
    if one.state == "posted":
        href = url_for(
            "pools.show_transaction",
            pool_id=pool.id,
            transaction_id=one.transaction.transaction_id,
        )
        heading = {"text": heading, "href": href}
    return [heading, pool.title, {"text": words, "tag": colour}]


def _heading(one: ProposalView, pool: PoolView) -> str:
    amount = Money(pool.currency)(size_minor(one.transaction.postings))
    return f"{PROPOSED[one.event]}: {amount}"

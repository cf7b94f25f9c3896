"""Deciding that everybody may see what a pool spent: asked by one partner, agreed by another."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from ledger.core.as_said import log_size
from ledger.core.errors import Conflict, Forbidden, Invalid
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Period, Pool
from ledger.funding.publication.entries import SpendPublicationAsked, SpendPublished
from ledger.funding.publication.models import Publication
from ledger.funding.publication.rules.suppression import FLOOR
from ledger.funding.rules.controls import MakerApproves, NobodyActs, human
from ledger.funding.service.posting import HeldPool, hold_pool


class PublishedAlready(Conflict):
    """A day is published once: what differs between two publications would tell small numbers."""

    slug = "spend-published-already"
    title = "Some of these days are published, or asked to be"


class AnotherPartnerAgrees(Forbidden):
    """Who agrees acts for another partner than who asked."""

    slug = "another-partner-agrees"
    title = "Somebody of another partner must agree to this"


def ask(work: UnitOfWork, pool_id: UUID, *, first_day: date, last_day: date) -> UUID:
    """Ask that the spending of some days be published; return the publication's id.

    Raises:
        NotFound: there is no such pool.
        Invalid: the days are not over, or not all in one of the pool's periods.
        PublishedAlready: some are published, or asked to be.
        NobodyActs: nobody who is signed in for an organisation asks.
    """
    work.load(Pool, pool_id)  # To change: no day is asked for twice.
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_PUBLISH, on=pool.resource)
    _check_days(work, pool, first_day, last_day)
    publication_id = new_id()
    work.record(
        SpendPublicationAsked(
            pool_id=pool_id,
            publication_id=publication_id,
            first_day=first_day,
            last_day=last_day,
            person_id=human(work.actor),
            organisation_id=_partner(work, pool),
        )
    )
    return publication_id


def agree(work: UnitOfWork, publication_id: UUID) -> None:
    """Agree that what somebody of another partner asked for is published, as it stands now.

    Raises:
        NotFound: nothing was asked.
        PublishedAlready: it is published.
        MakerApproves: the same human being asked.
        AnotherPartnerAgrees: somebody of the same organisation asked.
    """
    asked = work.load(Publication, publication_id)
    pool = hold_pool(work, asked.pool_id)
    work.authorise(Permission.POOL_PUBLISH, on=pool.resource)
    if asked.published_at is not None:
        raise PublishedAlready("nothing was changed")
    if human(work.actor) == asked.asked_by:
        raise MakerApproves("ask a colleague of another partner")
    partner = _partner(work, pool)
    if partner == asked.asked_for:
        raise AnotherPartnerAgrees("so that no partner publishes for the others")
    work.record(
        SpendPublished(
            pool_id=pool.id,
            publication_id=publication_id,
            log_size=log_size(work.session),
            floor=FLOOR,
            person_id=human(work.actor),
            organisation_id=partner,
        )
    )


def _partner(work: UnitOfWork, pool: HeldPool) -> UUID:
    if work.actor.organisation_id not in pool.partner_ids:
        raise NobodyActs("sign in for one of the partners")
    return work.actor.organisation_id


def _check_days(work: UnitOfWork, pool: HeldPool, first_day: date, last_day: date) -> None:
    if not first_day <= last_day < work.today:
        raise Invalid("give a first and a last day that are over")
    within = select(Period.id).where(
        Period.pool_id == pool.id, Period.first_day <= first_day, Period.last_day >= last_day
    )
    if work.session.scalar(within) is None:
        raise Invalid("give days that are all in one of the pool's years")
    meeting = select(Publication.id).where(
        Publication.pool_id == pool.id,
        Publication.first_day <= last_day,
        Publication.last_day >= first_day,
    )
    if work.session.scalar(meeting) is not None:
        raise PublishedAlready("nothing was changed: each day is published once")

"""What time brings: ends of suspensions and terms, departures, reminders, what falls overdue.

What is covered follows the days by itself; these commands make states and readers agree with
it. Each does some at a time and returns how many it recorded: call again while that is *limit*.
"""

from uuid import UUID

from sqlalchemy import select

from ledger.agreements.duty_entries import AgreementObligationOverdue
from ledger.agreements.entries import (
    AgreementDissolved,
    AgreementExpired,
    AgreementPartyLeft,
    AgreementResumed,
)
from ledger.agreements.lines import terms_of
from ledger.agreements.models import (
    AgreementObligation,
    AgreementParty,
    AgreementVersion,
)
from ledger.agreements.queries.reminders import reminders_due
from ledger.agreements.rules.leaving import ends_by_leaving
from ledger.agreements.rules.lifecycle import STANDING, State
from ledger.agreements.service.loading import leaving, load, load_standing
from ledger.agreements.service.obligations import arisen
from ledger.core.authority import Resource
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork


def lapse(work: UnitOfWork, *, limit: int = 100) -> int:
    """Record the suspensions that are over, and the agreements past their end."""
    row, today = AgreementVersion, work.today
    due = work.session.scalars(
        select(row.agreement_id)
        .where(row.state.in_(STANDING))
        .where((row.last_day < today) | (row.suspended_to < today))
        .order_by(row.agreement_id)
        .limit(limit)
    ).all()
    return sum(_lapse(work, agreement_id) for agreement_id in due)


def depart(work: UnitOfWork, *, limit: int = 100) -> int:
    """Record the parties whose notice has run out: from today they are none."""
    party = AgreementParty
    due = work.session.execute(
        select(party.agreement_id, party.organisation_id)
        .where(party.leaves_on <= work.today, party.left_at.is_(None))
        .order_by(party.agreement_id, party.organisation_id)
        .limit(limit)
    ).all()
    for agreement_id, organisation_id in due:
        load(work, agreement_id)
        row = work.load(AgreementParty, (agreement_id, organisation_id))
        if row.left_at is not None or row.leaves_on is None:
            continue
        work.authorise(Permission.AGREEMENT_LAPSE, on=Resource())
        work.record(
            AgreementPartyLeft(
                agreement_id=agreement_id, organisation_id=organisation_id, left_on=row.leaves_on
            )
        )
    return len(due)


def fall_overdue(work: UnitOfWork, *, limit: int = 100) -> int:
    """Record the obligations whose day has passed without a certificate."""
    row = AgreementObligation
    due = work.session.execute(
        select(row.agreement_id, row.organisation_id)
        .where(row.due_on < work.today, row.certified_at.is_(None), row.overdue_at.is_(None))
        .order_by(row.due_on, row.agreement_id, row.organisation_id)
        .limit(limit)
    ).all()
    for key in due:
        owed = work.load(AgreementObligation, tuple(key))
        if owed.certified_at is not None or owed.overdue_at is not None:
            continue
        work.authorise(Permission.AGREEMENT_LAPSE, on=Resource())
        work.record(
            AgreementObligationOverdue(
                agreement_id=owed.agreement_id,
                organisation_id=owed.organisation_id,
                due_on=owed.due_on,
            )
        )
    return len(due)


def remind(work: UnitOfWork, *, limit: int = 100) -> int:
    """Record the reminders that are due, each once; who follows the log sends them."""
    found = list(reminders_due(work.session, work.today))[:limit]
    for reminder in found:
        load(work, reminder.agreement_id)
        if reminder not in set(
            reminders_due(work.session, work.today, agreement_id=reminder.agreement_id)
        ):
            continue
        work.authorise(Permission.AGREEMENT_LAPSE, on=Resource())
        work.record(reminder)
    return len(found)


def _lapse(work: UnitOfWork, agreement_id: UUID) -> int:
    agreement = load(work, agreement_id)
    if agreement.standing is None:
        return 0  # Another process was first.
    version = load_standing(work, agreement)
    work.authorise(Permission.AGREEMENT_LAPSE, on=Resource(), records=2)
    if version.last_day < work.today:
        terms, ended_on = terms_of(version), version.last_day
        dissolved = ends_by_leaving(terms, last_day=ended_on, gone=leaving(work, agreement_id))
        over = AgreementDissolved if dissolved else AgreementExpired
        work.record(over(agreement_id=agreement_id, number=version.number))
        owed = arisen(work.session, agreement_id, terms, ended_on=ended_on)
        if owed is not None:
            work.record(owed)
        return 1
    if version.state == State.SUSPENDED and (version.suspended_to or work.today) < work.today:
        work.record(AgreementResumed(agreement_id=agreement_id, number=version.number))
        return 1
    return 0

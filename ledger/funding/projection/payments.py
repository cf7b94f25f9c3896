"""What events of payment models and of the year's end change beside the postings."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, projects
from ledger.funding.entries import Posts
from ledger.funding.evidence.projection import roster_corrected
from ledger.funding.models import Period
from ledger.funding.payment_entries import (
    BundleStarted,
    CapitationRun,
    GainLossSettled,
    InstalmentFallenDue,
    InstalmentsScheduled,
    PeriodSoftClosed,
    SettlementComputed,
)
from ledger.funding.payment_tables import (
    Bundle,
    CapitationMonth,
    Instalment,
    Overspend,
    Settlement,
)
from ledger.funding.rules.chart import Head
from ledger.funding.rules.events import LIABILITIES, Event
from ledger.funding.rules.periods import Stage
from ledger.funding.rules.settlement import Run


def tick(
    session: Session,
    record: Record[Posts],
    event: Event,
    before: Mapping[UUID, int],
    after: Mapping[UUID, int],
) -> None:
    """Start the clock of a scheme that is now beyond its budget, or stop it.

    *before* and *after* are what accounts held, by id. No clock runs of a scheme that had
    something available, or nothing: what brought it there stopped it.
    """
    entry, transaction = record.entry, record.entry.transaction
    moved = {leg.account for leg in transaction.postings if leg.account.head is Head.AVAILABLE}
    for account in sorted(moved, key=lambda one: one.code):
        held = account.id_in(entry.pool_id)
        short = after[held] < 0
        if not short and before[held] >= 0:
            continue
        running = session.scalar(
            select(Overspend).where(Overspend.scheme_id == account.of, Overspend.ended_at.is_(None))
        )
        if short and running is None and (event in LIABILITIES or transaction.reverses):
            session.add(
                Overspend(
                    scheme_id=account.of,
                    transaction_id=transaction.transaction_id,
                    pool_id=entry.pool_id,
                    started_at=record.at,
                )
            )
        elif running is not None and not short:
            running.ended_at = record.at


def capitated(session: Session, record: Record[Any]) -> None:
    """A month was paid for by head; a reversal leaves the row, and is found through it."""
    entry = record.entry
    if isinstance(entry, CapitationRun):
        session.add(
            CapitationMonth(
                transaction_id=entry.transaction.transaction_id,
                pool_id=entry.pool_id,
                scheme_id=entry.scheme_id,
                run_id=entry.run_id,
                month=entry.month,
                roster_digest=entry.roster_digest,
            )
        )


def bundled(session: Session, record: Record[Any]) -> None:
    """Episodes were promised, or a promise of them was reversed."""
    entry, transaction = record.entry, record.entry.transaction
    if isinstance(entry, BundleStarted):
        session.add(
            Bundle(
                id=transaction.commitment_id,
                pool_id=entry.pool_id,
                parts=[
                    {"of": str(part.of), "amount_minor": part.amount_minor} for part in entry.parts
                ],
                started=entry.episodes,
                done=0,
                cancelled=0,
            )
        )
        return
    session.get_one(Bundle, transaction.commitment_id).started = 0


def bundle_done(session: Session, record: Record[Any]) -> None:
    """Episodes are over, or were not after all."""
    row = session.get_one(Bundle, record.entry.transaction.commitment_id)
    row.done += _episodes(row, record)


def bundle_cancelled(session: Session, record: Record[Any]) -> None:
    """Episodes will not take place, or will after all."""
    row = session.get_one(Bundle, record.entry.transaction.commitment_id)
    row.cancelled += _episodes(row, record)


def settled(session: Session, record: Record[Any]) -> None:
    """A gain or loss was shared."""
    entry: GainLossSettled = record.entry
    row = session.get(Settlement, entry.settlement_id)
    if row is None:
        row = Settlement(
            id=entry.settlement_id, pool_id=entry.pool_id, scheme_id=entry.scheme_id, posted={}
        )
        session.add(row)
    row.run, row.inputs_digest = entry.run, entry.inputs_digest
    row.posted = {str(part.of): part.amount_minor for part in entry.transaction.shares}


def fell_due(session: Session, record: Record[Any]) -> None:
    """An instalment of a schedule is due."""
    entry = record.entry
    if isinstance(entry, InstalmentFallenDue) and entry.key is not None:
        row = session.get_one(Instalment, (entry.pool_id, entry.key, entry.number))
        row.transaction_id = entry.transaction.transaction_id


def year_closed(session: Session, record: Record[Any]) -> None:
    """Only what becomes of the result is posted to the period now."""
    session.get_one(Period, record.entry.period_id).stage = Stage.YEAR_CLOSED


AFTER: Mapping[Event, Callable[[Session, Record[Any]], None]] = MappingProxyType(
    {
        Event.CAPITATION_RUN: capitated,
        Event.ROSTER_CORRECTED: roster_corrected,
        Event.BUNDLE_STARTED: bundled,
        Event.BUNDLE_DONE: bundle_done,
        Event.BUNDLE_CANCELLED: bundle_cancelled,
        Event.GAIN_LOSS_SETTLED: settled,
        Event.INSTALMENT_FALLEN_DUE: fell_due,
        Event.YEAR_CLOSED: year_closed,
    }
)
"""What follows the postings of an event, or of its reversal."""


@projects(PeriodSoftClosed)
def soft_closed(session: Session, record: Record[PeriodSoftClosed], _: Opened) -> None:
    """The period takes no new promises."""
    session.get_one(Period, record.entry.period_id).stage = Stage.SOFT_CLOSED


@projects(SettlementComputed)
def computed(session: Session, record: Record[SettlementComputed], _: Opened) -> None:
    """A settlement has had a shadow run, perhaps one more."""
    entry = record.entry
    row = session.get(Settlement, entry.settlement_id)
    if row is None:
        row = Settlement(
            id=entry.settlement_id, pool_id=entry.pool_id, scheme_id=entry.scheme_id, posted={}
        )
        session.add(row)
    row.run, row.inputs_digest = Run.SHADOW, entry.inputs_digest


@projects(InstalmentsScheduled)
def scheduled(session: Session, record: Record[InstalmentsScheduled], _: Opened) -> None:
    """The days on which a contribution falls due are known."""
    entry = record.entry
    pairs = zip(entry.due_on, entry.amounts_minor, strict=True)
    for number, (due_on, amount_minor) in enumerate(pairs, 1):
        session.add(
            Instalment(
                pool_id=entry.pool_id,
                key=entry.key,
                number=number,
                partner_id=entry.partner_id,
                due_on=due_on,
                amount_minor=amount_minor,
            )
        )


def _episodes(row: Bundle, record: Record[Any]) -> int:
    legs = record.entry.transaction.postings
    moved_minor = -sum(leg.amount_minor for leg in legs if leg.account.head is Head.COMMITTED)
    return int(moved_minor // sum(row.parts_minor.values()))

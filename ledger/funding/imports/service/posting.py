"""Posting the approved payments of a file: every one in one unit of work, or none."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from uuid import UUID, uuid5

from ledger.core.errors import Conflict
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.imports.entries import (
    ImportedPaymentsAccrued,
    ImportedPaymentsMade,
    ImportPosted,
)
from ledger.funding.imports.models import PaymentImport
from ledger.funding.imports.rules.mapping import FileMapping
from ledger.funding.imports.rules.rows import Checked, Group, Payment, grouped
from ledger.funding.imports.service.batches import ImportNotWaiting
from ledger.funding.imports.service.files import held_upload
from ledger.funding.imports.service.reading import before
from ledger.funding.rules.chart import Account
from ledger.funding.rules.events import Event
from ledger.funding.rules.limits import check_limits
from ledger.funding.rules.postings import check_balanced, movements
from ledger.funding.service.days import check_day, period_of
from ledger.funding.service.posting import HeldPool, hold_balances, hold_pool

Entries = list[ImportedPaymentsAccrued | ImportedPaymentsMade]


class NotWhatWasApproved(Conflict):
    """The payments that were read are not those that were approved."""

    slug = "payments-not-those-approved"
    title = "These are not the payments that were approved"


def post_import(
    work: UnitOfWork,
    import_id: UUID,
    mapping: FileMapping,
    read: tuple[Checked, list[Payment]],
) -> int:
    """Post every payment of an approved import; return how many transactions that made.

    Raises:
        ImportNotWaiting: it is not approved, or was posted.
        NotWhatWasApproved: the rows differ, or one of them was imported meanwhile.
        PeriodNotOpen: a day's period was closed meanwhile.
        BeyondLimit: the pool has not that much cash.
    """
    checked, payments = read
    batch = work.load(PaymentImport, import_id)
    pool = hold_pool(work, batch.pool_id)
    if batch.state != "approved":
        raise ImportNotWaiting(f"nothing was changed: it is {batch.state}")
    if checked.fault_count or checked.digest.hexdigest() != batch.rows_digest:
        raise NotWhatWasApproved("drop the import and bring the file in again")
    again = before(work.session, pool.id, payments)
    if set(again) - mapping.distinct:
        raise NotWhatWasApproved("some of them were imported from another file meanwhile")
    schemes = {words: one for words, one in mapping.schemes.items() if one is not None}
    entries = list(_entries(pool, batch, grouped(payments, schemes), mapping))
    _check(work, pool, entries, checked.days)
    work.authorise(Permission.POOL_IMPORT, on=pool.resource, records=len(entries) + 1)
    work.record_together(entries)
    work.record(
        ImportPosted(
            pool_id=pool.id, import_id=import_id, rows=len(payments), transactions=len(entries)
        )
    )
    row, _ = held_upload(work, import_id)
    row.stage, row.rows_done = "posted", row.rows_all
    return len(entries)


def _entries(
    pool: HeldPool, batch: PaymentImport, groups: Iterator[Group], mapping: FileMapping
) -> Iterator[ImportedPaymentsAccrued | ImportedPaymentsMade]:
    for day, some in groupby(groups, key=lambda group: group.day):
        owed: dict[UUID, int] = {}
        for number, group in enumerate(some):
            owed[group.provider_id] = owed.get(group.provider_id, 0) + group.amount_minor
            yield _accrual(pool, batch, group, number)
        yield ImportedPaymentsMade(
            pool_id=pool.id,
            agreement_id=pool.agreement_id,
            import_id=batch.id,
            transaction_id=uuid5(batch.id, f"{day} paid"),
            effective_on=day,
            agreement_version=pool.fund.version,
            clause=pool.fund.clause_of(Event.PAYMENT_MADE),
            by_host=mapping.paid_by_host,
            provider_ids=tuple(owed),
            amounts_minor=tuple(owed.values()),
        )


def _accrual(
    pool: HeldPool, batch: PaymentImport, group: Group, number: int
) -> ImportedPaymentsAccrued:
    return ImportedPaymentsAccrued(
        pool_id=pool.id,
        agreement_id=pool.agreement_id,
        import_id=batch.id,
        transaction_id=uuid5(batch.id, f"{group.day} {number}"),
        effective_on=group.day,
        agreement_version=pool.fund.version,
        clause=pool.fund.clause_of(Event.EXPENDITURE_ACCRUED),
        scheme_id=group.scheme_id,
        provider_id=group.provider_id,
        lines=tuple(one.line for one in group.payments),
        references=tuple(one.reference for one in group.payments),
        amounts_minor=tuple(one.amount_minor for one in group.payments),
        natures=tuple(one.nature for one in group.payments),
    )


def _check(work: UnitOfWork, pool: HeldPool, entries: Entries, days: set[date]) -> None:
    """Judge all transactions as one: the days, the balance of each, the limits after the last."""
    last = date.min
    for day in sorted(days):
        if day > last:  # One look for each period.
            check_day(work, pool.id, day, Event.EXPENDITURE_ACCRUED)
            check_day(work, pool.id, day, Event.PAYMENT_MADE)
            period = period_of(work, pool.id, day)
            last = period.last_day if period else day
    moved: dict[Account, int] = {}
    for entry in entries:
        postings = entry.transaction.postings
        check_balanced(postings)
        for account, by_minor in movements(postings).items():
            moved[account] = moved.get(account, 0) + by_minor
    held = hold_balances(work, pool, moved)
    check_limits(held, {one: held[one] + by for one, by in moved.items()}, liability=True)

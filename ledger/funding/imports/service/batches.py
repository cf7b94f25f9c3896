"""The payments of a file as one batch: sent by one person, approved by another, or dropped."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select

from ledger.core.errors import Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.imports.entries import ImportApproved, ImportDropped, ImportProposed
from ledger.funding.imports.models import PaymentImport, PaymentUpload, approvals_of
from ledger.funding.imports.rules.mapping_json import to_json
from ledger.funding.imports.service.files import check_own, check_stage, held_upload, mapping_of
from ledger.funding.models import PoolProvider, Scheme
from ledger.funding.rules.controls import (
    Approval,
    Control,
    NobodyActs,
    check_approval,
    highest_rank,
    human,
)
from ledger.funding.rules.events import Event
from ledger.funding.rules.thresholds import control_for, windows_of
from ledger.funding.service import pools
from ledger.funding.service.days import period_of
from ledger.funding.service.posting import HeldPool, hold_pool
from ledger.funding.service.splitting import earlier_minor


class RowsNotRight(Invalid):
    """Some rows are wrong or doubtful, so none is sent. The report names line and column."""

    slug = "payment-rows-not-right"
    title = "Some rows are not right, so nothing was sent"


class ImportNotWaiting(Conflict):
    """An import that was approved, posted or dropped."""

    slug = "payment-import-not-waiting"
    title = "This import is not waiting for approval any more"


def send(work: UnitOfWork, upload_id: UUID) -> None:
    """Send the payments of a file for approval; add the schemes and periods that they need.

    Raises:
        NotFound: there is no such file.
        NotInThatStage: it is not read yet, or was sent before.
        AnothersFile: somebody else brought it in.
        RowsNotRight: something in it is wrong, or looks like another payment.
    """
    row, pool = held_upload(work, upload_id)
    work.authorise(Permission.POOL_IMPORT, on=pool.resource)
    check_own(work, row)
    check_stage(row, "read")
    report = row.report
    if report is None:
        raise RowsNotRight(row.problem or "correct the mapping first")
    if wrong := report["fault_count"]:
        raise RowsNotRight(f"{wrong:,} things are wrong in the file: put them right first")
    if again := report["duplicate_count"]:
        raise RowsNotRight(f"{again:,} payments look like others: say which are none")
    if not report["rows"]:
        raise RowsNotRight("there is no payment in it")
    _make_room(work, pool, row)
    control = _control(work, pool, report["total_minor"])
    if control is None:
        raise RowsNotRight("payments always wait for a second person")
    work.authorise(Permission.POOL_IMPORT, on=pool.resource)
    work.record(
        ImportProposed(
            pool_id=pool.id,
            import_id=row.id,
            maker_id=human(work.actor),
            file_commitment=sha256(row.salt + row.content).hexdigest(),
            rows_digest=report["digest"],
            rows=report["rows"],
            total_minor=report["total_minor"],
            first_day=date.fromisoformat(report["first_day"]),
            last_day=date.fromisoformat(report["last_day"]),
            confirmed=len(row.mapping["distinct"]),
            people=control.people,
            voice=control.voice,
            rank=control.rank,
        )
    )
    row.stage = "sent"


def _control(work: UnitOfWork, pool: HeldPool, total_minor: int) -> Control | None:
    """Return what a file waits for, as one payment, with what went before it."""
    event, steps = Event.PAYMENT_MADE, pool.fund.steps
    earlier: Mapping[int, int] = {}
    if windows := windows_of(event, steps):
        earlier = earlier_minor(work, pool.id, event, frozenset(), windows, provider=None)
    return control_for(event, total_minor, steps, earlier_minor=earlier)


def _make_room(work: UnitOfWork, pool: HeldPool, row: PaymentUpload) -> None:
    """Add what the payments need and the pool lacks: schemes, periods, and who is owed."""
    mapping, report = mapping_of(row), row.report or {}
    there = select(Scheme.title, Scheme.id).where(Scheme.pool_id == pool.id)
    titles = {one.title: one.id for one in work.session.execute(there)}
    schemes = dict(mapping.schemes)
    for service in report["new_schemes"]:  # Another file may have added it meanwhile.
        title = service or "Not said in the file"
        known = titles.get(title)
        schemes[service] = known or pools.add_scheme(work, pool.id, title=title)
    for days in report["new_periods"]:
        first_day, last_day = map(date.fromisoformat, days)
        if period_of(work, pool.id, first_day) is None:
            pools.open_period(work, pool.id, first_day=first_day, last_day=last_day)
    if work.session.get(PoolProvider, (pool.id, mapping.provider_id)) is None:
        pools.add_provider(work, pool.id, provider_id=mapping.provider_id)
    row.mapping = to_json(replace(mapping, schemes=schemes))


def approve(work: UnitOfWork, import_id: UUID) -> bool:
    """Approve all payments of a file; return whether that was the last approval needed.

    Raises:
        NotFound: there is no such import.
        ImportNotWaiting: it was approved, posted or dropped.
        MakerApproves, ApprovedAlready, SpeaksForNobodyHere, RankTooLow: as for one payment.
    """
    batch = work.load(PaymentImport, import_id)
    pool = hold_pool(work, batch.pool_id)
    work.authorise(Permission.POOL_APPROVE, on=pool.resource)
    _check_waiting(batch)
    if work.actor.organisation_id is None:
        raise NobodyActs("sign in for an organisation")
    rank = highest_rank(work.actor.roles)
    approval = Approval(human(work.actor), work.actor.organisation_id, rank)
    check_approval(
        batch.control,
        approval,
        maker_id=batch.maker_id,
        given=[one.approval for one in approvals_of(work.session, import_id)],
        host_id=pool.host_id,
        partner_ids=pool.partner_ids,
    )
    work.record(
        ImportApproved(
            pool_id=pool.id,
            import_id=import_id,
            person_id=approval.person_id,
            organisation_id=approval.organisation_id,
            rank=approval.rank,
        )
    )
    if batch.state == "approved":
        row, _ = held_upload(work, import_id)
        row.stage, row.rows_done = "posting", 0
        return True
    return False


def try_again(work: UnitOfWork, import_id: UUID) -> None:
    """Have an approved import posted after all, whose posting was refused.

    Raises:
        NotFound: there is no such import.
        NotInThatStage: it was not refused.
    """
    row, pool = held_upload(work, import_id)
    work.authorise(Permission.POOL_IMPORT, on=pool.resource)
    check_stage(row, "failed")
    row.stage, row.rows_done, row.problem = "posting", 0, None


def drop(work: UnitOfWork, import_id: UUID) -> None:
    """Take an import back, or say no to it. Nothing of it is posted.

    One that was approved can be dropped only where its posting was refused.

    Raises:
        NotFound: there is no such import.
        ImportNotWaiting: it is being posted, was posted, or was dropped.
    """
    batch = work.load(PaymentImport, import_id)
    pool = hold_pool(work, batch.pool_id)
    mine = human(work.actor) == batch.maker_id
    permission = Permission.POOL_IMPORT if mine else Permission.POOL_APPROVE
    work.authorise(permission, on=pool.resource)
    row, _ = held_upload(work, import_id)
    if row.stage != "failed":
        _check_waiting(batch)
    work.record(ImportDropped(pool_id=pool.id, import_id=import_id, person_id=human(work.actor)))
    row.stage = "dropped"


def _check_waiting(batch: PaymentImport) -> None:
    if batch.state != "waiting":
        raise ImportNotWaiting(f"nothing was changed: it was {batch.state} before")

"""What arrives to be reconciled: lists of codes, statements, and the comparison itself."""

from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select

from ledger.core.as_said import log_size
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, Fault, Invalid
from ledger.core.ids import new_id
from ledger.core.money import MINOR_MAX, format_minor
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Pool
from ledger.funding.reconciliation import queries
from ledger.funding.reconciliation.entries import CodesMapped, ReconciliationRun, StatementReceived
from ledger.funding.reconciliation.models import Reconciliation
from ledger.funding.reconciliation.rules.code_maps import CodeMap, check_codes
from ledger.funding.reconciliation.rules.files import LinesRefused, read_lines
from ledger.funding.reconciliation.rules.findings import Line, Source
from ledger.funding.reconciliation.rules.versions import NEWEST
from ledger.funding.service.posting import HeldPool, hold_pool


class NotInPool(Invalid):
    """Codes or a statement of an organisation that has no part in the pool."""

    slug = "statement-of-another"
    title = "This organisation's accounts are not compared with this pool"


class ReceivedAlready(Conflict):
    """The same file for the same days was received before."""

    slug = "statement-received-already"
    title = "This statement is here already"


class NotTheNextDays(Conflict):
    """A statement that leaves days out after the last signed one, or takes some again."""

    slug = "statement-not-next"
    title = "This statement does not follow the last one that was signed"


class DoesNotSumUp(Invalid):
    """A bank statement whose balances are not those of its lines."""

    slug = "statement-does-not-sum"
    title = "The balances of this statement do not agree with its lines"


class NoCodes(Conflict):
    """A general ledger is compared by a list of codes, and there is none."""

    slug = "no-codes"
    title = "There is no list of codes for this general ledger"


class NotOpen(Conflict):
    """A reconciliation that was prepared or signed is not changed."""

    slug = "reconciliation-not-open"
    title = "This reconciliation is not being worked on any more"


def map_codes(work: UnitOfWork, pool_id: UUID, *, organisation_id: UUID, codes: CodeMap) -> int:
    """Keep how an organisation's general ledger codes the pool's accounts; return the version.

    Raises:
        NotInPool: it is neither the host nor a partner.
        CodesRefused: the list cannot be used; the faults name the lines.
    """
    work.load(Pool, pool_id)  # To change: two lists at once must not have one version.
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_RECONCILE, on=accounts_of(organisation_id))
    _check_part(pool, organisation_id, Source.LEDGER)
    check_codes(codes)
    before, _ = queries.codes(work.session, pool_id, organisation_id)
    work.record(
        CodesMapped(
            pool_id=pool_id,
            organisation_id=organisation_id,
            number=before + 1,
            lines=codes.lines,
            vat_regime=codes.vat_regime,
            vat_rate_percent=codes.vat_rate_percent,
        )
    )
    return before + 1


def receive(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    organisation_id: UUID,
    source: Source,
    first_day: date,
    last_day: date,
    content: bytes,
    opening_minor: int | None = None,
    closing_minor: int | None = None,
) -> UUID:
    """Take a bank statement, or lines of a general ledger, to be compared.

    Args:
        work: The unit of work.
        pool_id: Of which pool.
        organisation_id: Whose bank or general ledger.
        source: Which of the two.
        first_day: The first day that it covers.
        last_day: The last, included.
        content: A CSV file.
        opening_minor: Of a bank: its balance before the first line.
        closing_minor: Of a bank: its balance after the last.

    Raises:
        NotInPool: it is no party; a bank statement is the host's.
        LinesUnreadable, LinesRefused: the file is no statement; nothing is kept.
        DoesNotSumUp: the balances of a bank statement are not those of its lines.
        ReceivedAlready: the same file is here for the same days.
        NotTheNextDays: it does not follow the last signed one.
    """
    work.load(Pool, pool_id)  # To change: two statements of the same days at once are one.
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_RECONCILE, on=accounts_of(organisation_id))
    _check_part(pool, organisation_id, source)
    lines = read_lines(content, source)
    _check_days(work, first_day, last_day, lines)
    if source is Source.BANK:
        _check_sum(lines, opening_minor, closing_minor)
    else:
        opening_minor = closing_minor = None
    digest = sha256(content).hexdigest()
    _check_new(work, pool_id, organisation_id, digest)
    _check_next(work, pool_id, organisation_id, source, first_day)
    reconciliation_id = new_id()
    work.record(
        StatementReceived(
            pool_id=pool_id,
            organisation_id=organisation_id,
            reconciliation_id=reconciliation_id,
            source=source,
            first_day=first_day,
            last_day=last_day,
            opening_minor=opening_minor,
            closing_minor=closing_minor,
            file_digest=digest,
            lines_digest=queries.keep_lines(work.session, lines),
            lines_count=len(lines),
        )
    )
    return reconciliation_id


def run(work: UnitOfWork, pool_id: UUID, reconciliation_id: UUID) -> int:
    """Compare the two sides as of the log now; return its size. May be done again.

    Raises:
        NotFound: there is no such reconciliation.
        NotOpen: it was prepared or signed.
        NoCodes: it is of a general ledger, and the organisation has no list of codes.
    """
    row = hold(work, pool_id, reconciliation_id)
    check_open(row)
    version, codes = queries.codes(work.session, pool_id, row.organisation_id)
    if row.source == Source.LEDGER and codes is None:
        raise NoCodes("give the organisation's list of codes first")
    size = log_size(work.session)
    before = _last_signed(work, pool_id, row.organisation_id, Source(row.source))
    work.record(
        ReconciliationRun(
            pool_id=pool_id,
            reconciliation_id=reconciliation_id,
            log_size=size,
            rules=NEWEST,
            codes_version=version,
            after_id=before.id if before else None,
        )
    )
    return size


def accounts_of(organisation_id: UUID) -> Resource:
    """Return what a decision about an organisation's own accounts depends on."""
    return Resource(organisation_ids=frozenset({organisation_id}))


def hold(
    work: UnitOfWork, pool_id: UUID, reconciliation_id: UUID, *, records: int = 1
) -> Reconciliation:
    """Return a reconciliation that nobody else changes, its command authorised.

    Raises:
        NotFound: the actor may not see the pool, or it has no such reconciliation.
    """
    hold_pool(work, pool_id)
    queries.reconciliation(work.session, pool_id, reconciliation_id)
    row = work.load(Reconciliation, reconciliation_id)
    work.authorise(Permission.POOL_RECONCILE, on=accounts_of(row.organisation_id), records=records)
    return row


def check_open(row: Reconciliation) -> None:
    """Check that it is being worked on. Raises `NotOpen`."""
    if row.prepared_by is not None:
        said = "signed" if row.signed_by else "handed to somebody else to look at"
        raise NotOpen(f"nothing was changed: it was {said}")


def _check_part(pool: HeldPool, organisation_id: UUID, source: Source) -> None:
    if source is Source.BANK and organisation_id != pool.host_id:
        raise NotInPool("the host holds the pool's bank account")
    if organisation_id not in {*pool.partner_ids, pool.host_id}:
        raise NotInPool("it is neither the host nor a partner")


def _check_days(work: UnitOfWork, first_day: date, last_day: date, lines: tuple[Line, ...]) -> None:
    if not first_day <= last_day <= work.today:
        raise Invalid("give the first and the last day of the statement, none of them to come")
    outside = [one for one in lines if not first_day <= one.day <= last_day]
    if outside:
        faults = [
            Fault(f"line {one.row}", f"{one.day} is outside the days of the statement")
            for one in sorted(outside, key=lambda each: each.row)[:200]
        ]
        raise LinesRefused(f"{len(outside):,} of {len(lines):,} rows", faults)


def _check_sum(
    lines: tuple[Line, ...], opening_minor: int | None, closing_minor: int | None
) -> None:
    if opening_minor is None or closing_minor is None:
        raise DoesNotSumUp("give the balance before the first line and after the last")
    if max(abs(opening_minor), abs(closing_minor)) > MINOR_MAX:
        raise DoesNotSumUp("that is more than this ledger can hold")
    short_minor = closing_minor - opening_minor - sum(one.amount_minor for one in lines)
    if short_minor:
        raise DoesNotSumUp(f"{format_minor(short_minor)} is not in its lines: is it whole?")


def _check_new(work: UnitOfWork, pool_id: UUID, organisation_id: UUID, digest: str) -> None:
    row = Reconciliation
    same = select(row.id).where(
        row.pool_id == pool_id, row.organisation_id == organisation_id, row.file_digest == digest
    )
    if work.session.scalar(same.limit(1)) is not None:
        raise ReceivedAlready("nothing was changed: go on with the one that is there")


def _check_next(
    work: UnitOfWork, pool_id: UUID, organisation_id: UUID, source: Source, first_day: date
) -> None:
    before = _last_signed(work, pool_id, organisation_id, source)
    if before is not None and first_day != before.last_day + timedelta(days=1):
        raise NotTheNextDays(f"the last one was signed as of {before.last_day}: go on after it")


def _last_signed(
    work: UnitOfWork, pool_id: UUID, organisation_id: UUID, source: Source
) -> Reconciliation | None:
    row = Reconciliation
    signed = select(row).where(
        row.pool_id == pool_id, row.organisation_id == organisation_id,
        row.source == source, row.signed_by.is_not(None),
    )  # fmt: skip
    return work.session.scalar(signed.order_by(row.last_day.desc()).limit(1))

"""What waits for somebody about payments from files: one to approve, before any of it counts."""

from datetime import date

from flask import url_for
from sqlalchemy.orm import Session

from ledger.core.actor import Actor
from ledger.core.errors import LedgerError
from ledger.funding.imports import queries
from ledger.funding.imports.queries import ImportView
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.controls import Approval, check_approval
from ledger.web.approver import reader_of
from ledger.web.attention import Attention
from ledger.web.funding_lines import Money
from ledger.web.tasks import Sort, Task


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return the files whose payments the reader may approve."""
    tasks = []
    for pool in pools.pools(session, actor):
        approval = reader_of(actor, pool).approval
        for one in queries.sent(session, pool) if approval else ():
            if may_approve(one, pool, approval):
                text = _words(one, pool)
                tasks.append(Task(text, _href(one), pool.title, "Approve", sort=Sort.APPROVE))
    return tasks


def attention(session: Session, pool: PoolView, _today: date) -> list[Attention]:
    """Return the files of a pool that wait for approval, for its page."""
    return [
        Attention(f"{_words(one, pool)}: waiting for approval", _href(one))
        for one in queries.sent(session, pool)
    ]


def may_approve(one: ImportView, pool: PoolView, approval: Approval | None) -> bool:
    """Say whether an import waits for this approval."""
    if one.stage != "sent" or one.control is None or approval is None:
        return False
    try:
        check_approval(
            one.control,
            approval,
            maker_id=one.maker_id,
            given=one.approvals,
            host_id=pool.host_id,
            partner_ids=pool.partner_ids,
        )
    except LedgerError:
        return False
    return True


def _words(one: ImportView, pool: PoolView) -> str:
    report = one.report or {"rows": 0, "total_minor": 0}
    money = Money(pool.currency)(report["total_minor"])
    return f"{report['rows']:,} payment{'s' * (report['rows'] != 1)} from a file, {money}"


def _href(one: ImportView) -> str:
    return url_for("payment_imports.show", pool_id=one.pool_id, import_id=one.id)

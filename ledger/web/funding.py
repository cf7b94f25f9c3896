"""Pages about pools: what we put in, what is left, and why each figure is what it is."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.as_said import indexes_of
from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.queries import (
    as_of,
    owing,
    pools,
    promises,
    proposals,
    schedule,
    spending,
    statements,
    transactions,
)
from ledger.funding.queries.partner_statements import seen_by, whose
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.chart import CHART, Account, Head, Of
from ledger.funding.rules.thresholds import size_minor
from ledger.funding.service import approvals
from ledger.web.approver import reader_of
from ledger.web.funding_lines import (
    PROPOSED,
    WHY_NOT,
    Money,
    ProposalCard,
    TransactionLine,
    TransactionPage,
    account_words,
)
from ledger.web.funding_words import SCHEME_HEAD, StatementPage
from ledger.web.pool_attention import MORE, Asked, attention
from ledger.web.pool_figures import pool_figure
from ledger.web.pool_words import Known, PoolPage

blueprint = Blueprint("pools", __name__, url_prefix="/pools")


@blueprint.get("")
@requires(Permission.POOL_READ)
def index() -> str:
    """List the pools that the reader may see."""
    found = pools.pools(db.session(), current_actor())
    return render_template("funding/pools.jinja", pools=found)


@blueprint.get("/<uuid:pool_id>")
@requires(Permission.POOL_READ)
def show(pool_id: UUID) -> str:
    """Show a pool: what was put in, what is left, who owes whom, and how the year goes."""
    session, pool = db.session(), pool_in_sight(pool_id)
    today, names = clock.today(), names_of(pool)
    said = statements.statement_now(session, pool)
    known = Known(
        said=said,
        sources=spending.by_source(session, pool),
        debts=owing.debts(session, pool),
        by_day=spending.spent_by_day(session, pool),
        names=names,
        today=today,
    )
    asked = Asked(
        pool=pool,
        said=said,
        instalments=schedule.instalments(session, pool, today=today),
        promises=promises.promises(session, pool),
        waiting=len(proposals.waiting(session, pool)),
        names=names,
        today=today,
    )

    def scheme_href(scheme_id: UUID) -> str:
        return url_for("pool_schemes.show", pool_id=pool_id, scheme_id=scheme_id)

    return render_template(
        "funding/pool.jinja",
        pool=pool,
        page=PoolPage.of(pool, known, pool_figure(pool_id), scheme_href),
        attention=[
            *attention(asked),
            *(one for more in MORE for one in more(session, pool, today)),
        ],
        scheme_names={str(one.id): one.label for one in pool.schemes},
        scheme_head=SCHEME_HEAD,
    )


@blueprint.get("/<uuid:pool_id>/statement")
@requires(Permission.POOL_READ)
def statement(pool_id: UUID) -> str:
    """Show the statement per partner and per scheme, fit to print."""
    session, pool, text = db.session(), pool_in_sight(pool_id), request.args.get("log_size")
    if text is None:
        size, said = None, statements.statement_now(session, pool)
    elif text.isascii() and text.isdecimal() and len(text) <= 15:  # noqa: PLR2004
        size, said = int(text), statements.statement_at_size(session, pool, int(text))
    else:
        raise Invalid("that is no size of the log: give a whole number")
    return render_template(
        "funding/statement.jinja",
        pool=pool,
        page=StatementPage.of(
            pool, seen_by(said, whose(current_actor(), pool)), names_of(pool), size=size
        ),
        scheme_head=SCHEME_HEAD,
        log_size=as_of.log_size(session) if size is None else None,
    )


@blueprint.get("/<uuid:pool_id>/transactions")
@requires(Permission.POOL_READ)
def list_transactions(pool_id: UUID) -> str:
    """List transactions, newest first; those of one account, if one is named."""
    pool = pool_in_sight(pool_id)
    account = _account(request.args.get("account", ""))
    after = cursors.after(of="pool-page", shape=(str, str))
    found = transactions.transactions(
        db.session(),
        pool,
        account=account,
        after=(datetime.fromisoformat(after[0]), UUID(after[1])) if after else None,
        limit=cursors.LIMIT_DEFAULT + 1,
    )
    shown, money = found[: cursors.LIMIT_DEFAULT], Money(pool.currency)
    last = shown[-1] if len(found) > len(shown) else None
    older = (
        cursors.page_href((last.recorded_at.isoformat(), str(last.id)), of="pool-page")
        if last
        else None
    )
    return render_template(
        "funding/transactions.jinja",
        pool=pool,
        account=account_words(account, names_of(pool)) if account else None,
        lines=[TransactionLine.of(one, money) for one in shown],
        older=older,
    )


@blueprint.get("/<uuid:pool_id>/transactions/<uuid:transaction_id>")
@requires(Permission.POOL_READ)
def show_transaction(pool_id: UUID, transaction_id: UUID) -> str:
    """Show a transaction, its postings, and the way to the entry behind it."""
    pool, actor = pool_in_sight(pool_id), current_actor()
    one = transactions.transaction(db.session(), pool, transaction_id)
    return render_template(
        "funding/transaction.jinja",
        pool=pool,
        page=TransactionPage.of(one, names_of(pool), Money(pool.currency)),
        one=one,
        number=indexes_of(db.session(), [one.entry_id]).get(one.entry_id),
        may_open_entry=permits(in_force(), actor, Permission.LOG_RECEIPT, pool.resource),
    )


@blueprint.get("/<uuid:pool_id>/approvals")
@requires(Permission.POOL_READ)
def waiting(pool_id: UUID) -> str:
    """Show what waits for approval, and let the reader approve what is not their own."""
    session, pool, actor = db.session(), pool_in_sight(pool_id), current_actor()
    found = proposals.waiting(session, pool)
    ids = {one.maker_id for one in found} | {a.person_id for one in found for a in one.approvals}
    people = directory.person_names(session, ids)
    names, reader = names_of(pool), reader_of(actor, pool)
    cards = [ProposalCard.of(one, pool, names, people, reader) for one in found]
    return render_template("funding/approvals.jinja", pool=pool, cards=cards, reasons=WHY_NOT)


@blueprint.post("/<uuid:pool_id>/approvals/<uuid:transaction_id>")
@requires(Permission.POOL_APPROVE)
def approve(pool_id: UUID, transaction_id: UUID) -> ResponseReturnValue:
    """Approve what somebody else prepared."""
    pool = pool_in_sight(pool_id)
    one = proposals.proposal(db.session(), pool, transaction_id)
    with unit_of_work(current_actor()) as work:
        once_form(work)
        outcome = approvals.approve(work, transaction_id)
    amount = Money(pool.currency)(size_minor(one.transaction.postings))
    said = "It waits for others still." if outcome.waiting else "It is posted."
    flash(f"You approved: {PROPOSED[one.event].lower()}, {amount}. {said}", "success")
    return redirect(_back(pool_id), 303)


@blueprint.post("/<uuid:pool_id>/approvals/<uuid:transaction_id>/drop")
@requires(Permission.POOL_READ)
def drop(pool_id: UUID, transaction_id: UUID) -> ResponseReturnValue:
    """Take a proposal back, or say no to it."""
    one = proposals.proposal(db.session(), pool_in_sight(pool_id), transaction_id)
    if _reason() is None and one.maker_id != current_actor().person_id:
        flash("Choose why not, and then say no. Nothing was changed.")
        return redirect(_back(pool_id), 303)
    with unit_of_work(current_actor()) as work:
        once_form(work)
        approvals.drop(work, transaction_id, reference=_reason())
    flash("It will not be posted.", "success")
    return redirect(_back(pool_id), 303)


def _back(pool_id: UUID) -> str:
    """Return the page that the decision was taken on."""
    if request.form.get("back") == "inbox":
        return url_for("approvals_inbox.show")
    return url_for("pools.waiting", pool_id=pool_id)


def _reason() -> str | None:
    """Return why somebody says no: of a closed list, as the log keeps no free words of people."""
    said = request.form.get("reason", "")
    if said and said not in WHY_NOT:
        raise Invalid("choose a reason from the list")
    return WHY_NOT.get(said)


def names_of(pool: PoolView) -> dict[UUID, str]:
    """Return what a pool's partners, providers and schemes are called."""
    ids = {*pool.partner_ids, *pool.provider_ids}
    found = directory.organisations(db.session(), ids).values()
    return {one.id: one.name for one in found} | {one.id: one.label for one in pool.schemes}


def _account(code: str) -> Account | None:
    """Return the account that an address names, such as ``B:available:<scheme>``.

    Raises:
        NotFound: there is no such account in any pool.
    """
    if not code:
        return None
    head, _, of = code.removeprefix("F:").removeprefix("B:").partition(":")
    try:
        account = Account(head=Head(f"{code[:2]}{head}"), of=UUID(of) if of else None)
    except ValueError as error:
        raise NotFound("no such account") from error
    if (CHART[account.head].of is Of.POOL) is not (account.of is None):
        raise NotFound("no such account")
    return account

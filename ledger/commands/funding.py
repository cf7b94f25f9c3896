"""``ledger funding``: pools from a terminal, for an operator who has no browser.

Whoever posts is a person: ``--as`` names them by their address, the log says that the operator
did it on their behalf, and what needs a second person still does.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TextIO
from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger.api.funding_posts import POSTS, asked, post_all
from ledger.core.actor import Actor, ActorKind, Role
from ledger.core.as_said import log_size
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.money import format_minor
from ledger.core.rehearsing import rehearse
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import queries as directory
from ledger.funding.export import beancount, hledger
from ledger.funding.queries import balances, invariants, pools
from ledger.funding.queries.as_of import balances_at
from ledger.funding.queries.exports import journal_text
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.chart import Account
from ledger.funding.service import pools as opening
from ledger.funding.service import year_end
from ledger.funding.service.posting import Outcome

OPERATOR: Final = Actor.system("operator")
_BY: Final = click.option(
    "--as", "email", required=True, help="Who answers for it: the address they sign in by."
)
_STEPS: Final = ("soft", "result", "lapse", "closed")
_MAKERS: Final = (Role.POOL_MANAGER, Role.FINANCE_LEAD)


@click.group("funding")
def group() -> None:
    """Pooled funds: list them, read balances, post, close a period, export, check.

    POOL is a pool's id, or enough of its beginning to be one pool; `ledger funding pools`
    lists them. Amounts are printed with two decimals and sent in minor units (pence).
    """


@group.command("pools")
@with_appcontext
def list_pools() -> None:
    """List the pools, with their periods and what each has in the bank and unallocated."""
    for pool in pools.pools(db.session(), OPERATOR):
        held = {one.code: n for one, n in balances.balances(db.session(), pool.id).items()}
        click.echo(f"{pool.id}  {pool.title}")
        cash, free = (format_minor(held[one], pool.currency) for one in _SHOWN)
        click.echo(f"    in the bank {cash}, unallocated {free}")
        for period in pool.periods:
            state = "closed" if period.closed_at else "open"
            click.echo(f"    period {period.id}  {period.first_day} to {period.last_day}  {state}")


@group.command("balances")
@click.argument("pool")
@click.option("--size", type=int, help="As of so many entries of the log; now, if not given.")
@click.option("--every", is_flag=True, help="Accounts that hold nothing too.")
@with_appcontext
def show_balances(*, pool: str, size: int | None, every: bool) -> None:
    """Show what each account of POOL holds, debit above zero, and the names behind the ids.

    Example: ledger funding balances 0190 --size 5000
    """
    session, view = db.session(), _pool(pool)
    held = (
        balances.balances(session, view.id) if size is None else balances_at(session, view.id, size)
    )
    names = _names(view)
    for account, amount_minor in sorted(held.items(), key=lambda one: one[0].code):
        if amount_minor or every:
            said = format_minor(amount_minor, view.currency)
            click.echo(f"{said:>24}  {_account(account, names)}")


@group.command("post")
@click.argument("pool")
@click.argument("file", type=click.File(encoding="utf-8"))
@_BY
@click.option("--record", is_flag=True, help="Post it. Without this nothing is kept.")
@with_appcontext
def post(*, pool: str, file: TextIO, email: str, record: bool) -> None:
    """Post the events of a JSON FILE ("-" for standard input), all of them or none.

    FILE holds a list of objects, each with "post" and the fields that the API takes for the
    same event (docs/reference/api.md). Without --record it prints what each account would
    hold, and keeps nothing. An event that needs approval becomes a proposal.

    \b
    [{"post": "receipt", "partner_id": "…", "amount_minor": 500000, "reference": "Bank 17"},
     {"post": "accrual", "scheme_id": "…", "provider_id": "…", "amount_minor": 12000,
      "reference": "Invoice 9", "effective_on": "2026-05-31"}]
    """  # noqa: D301  (click reads it)
    view, actor = _pool(pool), acting_for(email)
    events = asked(json.load(file))

    def carry_out(work: UnitOfWork) -> list[Outcome]:
        return post_all(work, view.id, events)

    if record:
        with unit_of_work(actor) as work:
            outcomes = carry_out(work)
    else:
        outcomes = rehearse(actor, carry_out)
    for outcome in outcomes:
        _tell(outcome, view)
    click.echo(
        f"{len(outcomes):,} recorded"
        if record
        else f"{len(outcomes):,} would be recorded; nothing was: give --record to post them"
    )


@group.command("events")
def list_events() -> None:
    """List what "post" in a FILE may be, with the fields that each takes."""
    for name, one in sorted(POSTS.items()):
        fields = one.schema().fields.items()
        said = ", ".join(f"{key}{'' if field.required else '?'}" for key, field in fields)
        click.echo(f"{name:<24} {said}")


@group.command("close")
@click.argument("pool")
@click.argument("period")
@click.option("--step", type=click.Choice(_STEPS), required=True, help="See above.")
@click.option("--reference", default="", help="The paper behind a result or a lapse.")
@_BY
@with_appcontext
def close(*, pool: str, period: str, step: str, reference: str, email: str) -> None:
    """Close the PERIOD of POOL by one step, in this order.

    \b
    soft    takes no new promises: it is only put right from now on
    result  income and expenditure become the period's result
    lapse   what its budget has left lapses
    closed  nothing more is posted to its days, for ever
    """  # noqa: D301  (click reads it)
    view, actor = _pool(pool), acting_for(email)
    one = _unique([(str(each.id), each) for each in view.periods], period, "period")
    said = {"reference": reference or f"Closed with the operator, step {step}"}
    with unit_of_work(actor) as work:
        if step == "soft":
            year_end.soft_close(work, view.id, one.id)
        elif step == "closed":
            opening.close_period(work, view.id, one.id)
        else:
            carry_out = year_end.close_year if step == "result" else year_end.lapse
            _tell(carry_out(work, view.id, one.id, **said), view)
    click.echo(f"{one.first_day} to {one.last_day}: {step}")


@group.command("export")
@click.argument("pool")
@click.option("--form", type=click.Choice(["hledger", "beancount"]), required=True)
@click.option("--size", type=int, help="As of so many entries of the log; all, if not given.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file.")
@with_appcontext
def export(*, pool: str, form: str, size: int | None, output: Path | None) -> None:
    """Write every posting of POOL for another program, which checks it independently.

    Example: ledger funding export 0190 --form hledger | hledger -f - check --strict
    """
    session, view = db.session(), _pool(pool)
    write = hledger if form == "hledger" else beancount
    until = log_size(session) if size is None else size
    text = journal_text(session, view, write, size=until)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


@group.command("check")
@click.argument("pool", required=False)
@with_appcontext
def check(*, pool: str | None) -> None:
    """Check that what must hold of a pool's money holds. Exit 1 if something does not.

    Without POOL, of every pool. Reads only. The numbers are those of the reference page. That
    the figures follow from the log, `ledger log check` says.
    """
    session, wrong = db.session(), 0
    chosen = [_pool(pool)] if pool else list(pools.pools(session, OPERATOR))
    for view in chosen:
        click.echo(f"{view.id}  {view.title}")
        for one, found in invariants.broken(session, view.id):
            click.echo(f"    {'NO' if found else 'ok'}  {one.number:>2} {one.says}")
            for detail in found:
                click.echo(f"            {detail}")
            wrong += len(found)
    if wrong:
        raise SystemExit(1)


def acting_for(email: str) -> Actor:
    """Return the operator acting for somebody who prepares money. Raises `NotFound`."""
    session = db.session()
    person_id = directory.person_by_email(session, email)
    if person_id is None:
        raise NotFound("nobody signs in by that address")
    for one in directory.memberships(session, person_id):
        if one.role in _MAKERS:
            person = directory.actor_for(session, person_id, one.id)
            return replace(person, kind=ActorKind.SYSTEM, key=OPERATOR.key, on_behalf_of=person.ref)
    raise NotFound("they are neither a pool manager nor a finance lead")


_SHOWN: Final = ("F:cash", "B:unallocated")


def _tell(outcome: Outcome, view: PoolView) -> None:
    names = _names(view)
    waits = ", and waits for approval" if outcome.waiting else ""
    click.echo(f"{outcome.event} {outcome.transaction_id}{waits}")
    for account, (before, after) in outcome.moved.items():
        was, now = (format_minor(one, view.currency) for one in (before, after))
        by = format_minor(after - before, view.currency)
        click.echo(f"    {by:>20}  {_account(account, names)}: {was} -> {now}")


def _pool(named: str) -> PoolView:
    found = [(str(one.id), one) for one in pools.pools(db.session(), OPERATOR)]
    view: PoolView = _unique(found, named, "pool")
    return view


def _unique(found: list[tuple[str, Any]], named: str, sort: str) -> Any:
    mine = [one for key, one in found if key.startswith(named.strip().lower())]
    if not mine or not named.strip():
        raise NotFound(f"there is no {sort} {named}")
    if len(mine) > 1:
        raise NotFound(f"{len(mine)} of them begin with {named}: give more of the {sort}'s id")
    return mine[0]


def _names(view: PoolView) -> dict[UUID, str]:
    ids = {*view.partner_ids, *view.provider_ids}
    names = {one.id: one.name for one in directory.organisations(db.session(), ids).values()}
    return names | {scheme.id: scheme.label for scheme in view.schemes}


def _account(account: Account, names: dict[UUID, str]) -> str:
    return f"{account.head}" if account.of is None else f"{account.head} {names[account.of]}"

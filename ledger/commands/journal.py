"""``ledger journal``: everything that a pool posted, samples of it, and its exports read back."""

from pathlib import Path
from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger.core.as_said import log_size, tree_root
from ledger.core.db import db
from ledger.core.money import decimal_minor
from ledger.directory import queries as directory
from ledger.funding.export import beancount, hledger
from ledger.funding.papers import FORMS, Paper, write
from ledger.funding.papers.journal import journal_paper
from ledger.funding.queries import pools
from ledger.funding.queries.as_of import pool_at
from ledger.funding.queries.exports import journal_text, names_at
from ledger.funding.queries.journal import journal
from ledger.funding.queries.transactions import transactions_at
from ledger.funding.reading_back import compare, read
from ledger.funding.rules.journal import Method, sample

_SHOWN = 20
_pool = click.option("--pool", "pool_id", required=True, type=click.UUID, help="The pool: its id.")
_size = click.option(
    "--size", type=click.IntRange(min=0), help="As of this size of the log; now, if not given."
)
_form = click.option(
    "--form",
    type=click.Choice(sorted(FORMS)),
    default="csv",
    show_default=True,
    help="In which form.",
)
_out = click.option(
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="The file to write; its own name, if not given.",
)


@click.group("journal")
def group() -> None:
    """Every transaction of a pool, as auditors want it."""


@group.command("list")
@_pool
@_size
@_form
@_out
@with_appcontext
def list_(*, pool_id: UUID, size: int | None, form: str, out: Path | None) -> None:
    """Write every transaction: maker, approvers, days, flags, totals to control it by, a digest."""
    _write(_paper(pool_id, size, None, "", 1), form, out)


@group.command("sample")
@_pool
@_size
@click.option(
    "--n", "count", type=click.IntRange(min=1), default=25, show_default=True, help="How many."
)
@click.option("--seed", required=True, help="Any words; the same seed draws the same sample.")
@click.option(
    "--method",
    type=click.Choice([one.value for one in Method]),
    default=Method.MONETARY_UNIT.value,
    show_default=True,
    help="How it is drawn; all-flagged takes every one that stands out, whatever --n says.",
)
@_form
@_out
@with_appcontext
def sample_(
    *,
    pool_id: UUID,
    size: int | None,
    count: int,
    seed: str,
    method: str,
    form: str,
    out: Path | None,
) -> None:
    """Draw a sample of the journal, which anybody can draw again from the seed and the size."""
    _write(_paper(pool_id, size, Method(method), seed, count), form, out)


@group.command("export")
@_pool
@_size
@click.option(
    "--format",
    "kind",
    type=click.Choice(["hledger", "beancount"]),
    required=True,
    help="For which program.",
)
@_out
@with_appcontext
def export(*, pool_id: UUID, size: int | None, kind: str, out: Path | None) -> None:
    """Write the journal for hledger or beancount, which check it by themselves."""
    session = db.session()
    pool = pools.any_pool(session, pool_id)
    at = log_size(session) if size is None else size
    text = journal_text(session, pool, hledger if kind == "hledger" else beancount, size=at)
    file = out or Path(f"pool-{pool_id}-{at}.{kind}")
    file.write_text(text)
    click.echo(f"{file}: log size {at}")


@group.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_pool
@_size
@with_appcontext
def check(*, file: Path, pool_id: UUID, size: int | None) -> None:
    """Read FILE, our own export for hledger or beancount, back: it changes nothing.

    Each transaction is looked up in the pool, and every balance compared. The exit code is 0
    if the file says what the pool says as of --size, else 1, and what differs is named.
    """
    session = db.session()
    pool = pools.any_pool(session, pool_id)
    at = log_size(session) if size is None else size
    there = read(file.read_text())
    names = names_at(session, pool_at(session, pool, at))
    found = compare(there, transactions_at(session, pool_id, at), names)
    click.echo(f"{found.known:,} transactions are there already, and the same: nothing changes")
    named = (
        ("otherwise here", found.different),
        ("not here", found.unknown),
        ("not in the file", found.missing),
    )
    for words, ids in named:
        for one in ids[:_SHOWN]:
            click.echo(f"{one}: {words}")
        if len(ids) > _SHOWN:
            click.echo(f"and {len(ids) - _SHOWN:,} more {words}")
    for account, (said, held) in list(found.balances.items())[:_SHOWN]:
        click.echo(f"{account}: {decimal_minor(said)} in the file, {decimal_minor(held)} here")
    if not found.same:
        raise click.ClickException("the file does not say what the pool says")


def _paper(pool_id: UUID, size: int | None, method: Method | None, seed: str, count: int) -> Paper:
    session = db.session()
    at = log_size(session) if size is None else size
    then = pool_at(session, pools.any_pool(session, pool_id), at)
    every = journal(session, pool_id, at)
    founded = directory.installation(session)
    return journal_paper(
        then,
        tree_root(session, at),
        every,
        drawn=None if method is None else sample(every, method, size=at, count=count, seed=seed),
        method=method,
        seed=seed,
        demonstration=founded is not None and founded.demonstration,
    )


def _write(paper: Paper, form: str, out: Path | None) -> None:
    file = out or Path(f"{paper.name}.{form}")
    file.write_bytes(write(paper, form))
    click.echo(str(file))
    for name, value in paper.facts:
        click.echo(f"{name}: {value}")

"""``ledger log recover``, ``rotate-key`` and ``rotate-access``: what is done to the log itself."""

from typing import Any, Final

import click
from flask import current_app
from flask.cli import with_appcontext

from audit import NoteError
from audit.note import Verifier
from ledger.core import log_keeping, log_names, log_recovery
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.log_entries import WhyContinued
from ledger.core.signers import Signers
from ledger.core.work import unit_of_work

_OPERATOR: Final = Actor.system("operator")

_TWO_WAYS: Final = """
Stop every process of the service first. Then there are two ways.

1. Nothing is given up: bring back what is missing. Restore a newer backup, replay the
   write-ahead log to its end, or start the instance that has the entries; then look again
   with `ledger log recover`.

2. What is missing is given up, for ever. The log goes on under a NEW name and a NEW key;
   the old name never signs again. Set LEDGER_LOG_ORIGIN to a new name and
   LEDGER_SIGNING_SEED to a new seed (openssl rand -hex 32), keep LEDGER_CHECKPOINT_STORE,
   and run

       ledger log recover --because {because} --give-up {missing}

   Tell everybody who holds a checkpoint or a receipt: those for entries that are given up
   prove what this log no longer holds.

If the checkpoint store itself is lost, and this database is known to be the newest:

       ledger log recover --store-is-lost

docs/runbook.md has all of this, step by step."""


@click.command("recover")
@click.option(
    "--because",
    type=click.Choice([why.value for why in WhyContinued]),
    help="Go on under the new name and key that are set, for this reason.",
)
@click.option(
    "--give-up",
    type=click.IntRange(min=0),
    help="How many signed entries are lost for ever: the confirmation.",
)
@click.option(
    "--old-key",
    multiple=True,
    help="A verifier key of the old name, if the log has not recorded it.",
)
@click.option(
    "--store-is-lost",
    is_flag=True,
    help="Begin a new checkpoint store with what is signed here. Only if nothing newer exists.",
)
@with_appcontext
def recover(
    because: str | None, give_up: int | None, old_key: tuple[str, ...], *, store_is_lost: bool
) -> None:
    """Say whether this log may be signed here; if not, why, and what to do.

    Without options it changes nothing: it exits 0 if all is well, and 1 if not.
    """
    signers: Signers = current_app.extensions["signers"]
    if store_is_lost:
        for adopted in log_recovery.adopt(db.session(), signers):
            click.echo(f"the checkpoint store begins with {adopted.origin}, size {adopted.size}")
        return
    if because is None:
        _explain(signers)
        return
    with unit_of_work(_OPERATOR) as work:
        record = log_recovery.continue_log(
            work,
            signers,
            because=WhyContinued(because),
            give_up=give_up or 0,
            old_keys=[_parsed(one) for one in old_key],
        )
    log_recovery.open_in_store(db.session(), signers)
    click.echo(f"recorded as log.continued {record.id}; the log goes on as:")
    _say_keys(signers)
    click.echo("start the service, and give these keys to whoever checks the log")


def _explain(signers: Signers) -> None:
    left = log_recovery.left_behind(db.session(), signers)
    for one in left:
        held = one.held
        signed = f"size {held.size}, root {held.root.hex()}" if held else "nothing"
        click.echo(f"{one.origin} ({one.tree})")
        click.echo(f"  the checkpoint store has {signed}")
        click.echo(f"  this database has        size {one.size}, root {one.root.hex()}")
        if one.missing:
            click.echo(f"  {one.missing} entries that were signed are not here")
    faults = log_recovery.faults(db.session(), signers)
    if not faults:
        click.echo("all is well: nothing to recover")
        return
    for fault in faults:
        click.echo(f"\n{fault}")
    missing = sum(one.missing for one in left)
    why = WhyContinued.RESTORED if missing else WhyContinued.CLONED
    click.echo(_TWO_WAYS.format(because=why, missing=missing))
    raise click.ClickException("this log must not be signed here until that is settled")


@click.command("rotate-key")
@with_appcontext
def rotate_key() -> None:
    """Record the new signing key; both sign until the old one is taken out.

    Before: set LEDGER_SIGNING_SEED to the new seed and LEDGER_SIGNING_SEED_BEFORE to the one
    until now. After: start every process again, give out the new key (`ledger log key`), and
    when everybody has it, take LEDGER_SIGNING_SEED_BEFORE away. A post-quantum key
    (LEDGER_MLDSA_SEED) is added, changed or removed with this command too.
    """
    signers: Signers = current_app.extensions["signers"]
    with unit_of_work(_OPERATOR) as work:
        new = log_keeping.rotate_key(work, signers)
    click.echo(f"recorded {len(new)} new keys; from now on the log signs with:")
    _say_keys(signers)


@click.command("rotate-access")
@with_appcontext
def rotate_access() -> None:
    """Close the open shard of the access log: what follows goes to the next.

    The clock does this too (LEDGER_ACCESS_SHARD_ENTRIES, LEDGER_ACCESS_SHARD_DAYS). A closed
    shard stays readable for ever; `ledger log export --log access --tree NAME` takes it away.
    """
    signers: Signers = current_app.extensions["signers"]
    with unit_of_work(_OPERATOR) as work:
        entry: Any = log_keeping.close_shard(work, signers).entry
    click.echo(f"{entry.tree} is closed with {entry.size} entries, root {entry.root}")
    click.echo(f"what follows goes to {entry.next_tree}")


def _say_keys(signers: Signers) -> None:
    session = db.session()
    for log in ("ledger", log_names.SHARDED):
        tree = log_names.open_tree(session, log)
        for key in signers[tree].verifiers():
            click.echo(f"  {key}")


def _parsed(text: str) -> Verifier:
    try:
        return log_names.parse(text)
    except NoteError as error:
        raise click.BadParameter(str(error), param_hint="--old-key") from error


COMMANDS: Final = (recover, rotate_key, rotate_access)

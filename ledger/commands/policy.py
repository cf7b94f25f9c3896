"""``ledger policy``: the ruleset in force, and bringing another into force."""

import difflib

import click
from flask.cli import with_appcontext

from ledger.core import authority, rulesets
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.work import unit_of_work


@click.group("policy")
def group() -> None:
    """The ruleset in force: what the files in policies/ say, kept in the log."""


@group.command("diff")
@with_appcontext
def diff() -> None:
    """Show how the files in policies/ differ from the ruleset in force. Exit 1 if they do."""
    session, loaded = db.session(), authority.in_force()
    active = rulesets.newest(session)
    before = rulesets.text_of(session, active) if active else {}
    lines = [
        line
        for name in sorted(before.keys() | loaded.texts.keys())
        for line in difflib.unified_diff(
            before.get(name, b"").decode().splitlines(),
            loaded.texts.get(name, b"").decode().splitlines(),
            f"in force: {name}",
            f"policies/{name}",
            lineterm="",
        )
    ]
    click.echo("\n".join(lines) or f"no difference: {loaded.digest[:12]} is in force")
    if lines:
        raise SystemExit(1)


@group.command("activate")
@with_appcontext
def activate() -> None:
    """Bring the files in policies/ into force, and keep their text in the log."""
    with unit_of_work(Actor.system("operator")) as work:
        ruleset = rulesets.activate(work)
    click.echo(f"ruleset {ruleset.digest[:12]} is in force")

"""``ledger``: what an operator types. ``ledger --help`` lists it all.

Exit codes: 0 done, 1 it could not be done (one sentence says why and what to do),
2 the command itself was mistyped.
"""

import os
import sqlite3
import sys
from importlib import import_module
from typing import Any, Final

import click
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy.exc import DBAPIError

from ledger.app import create_app
from ledger.core.checkpoint_store import StoreUnavailable
from ledger.core.errors import LedgerError
from ledger.core.keys import WrongKey
from ledger.core.policy import BadPolicy
from ledger.core.privacy import Tampered
from ledger.core.standing import MustNotSign
from ledger.settings import BadSettings, Settings

COMMANDS: Final = (
    "ledger.commands.access",
    "ledger.commands.accounts",
    "ledger.commands.clients",
    "ledger.commands.database",
    "ledger.commands.demo",
    "ledger.commands.directory",
    "ledger.commands.erasure",
    "ledger.commands.jobs",
    "ledger.commands.keys",
    "ledger.commands.log",
    "ledger.commands.opt_outs",
    "ledger.commands.policy",
    "ledger.commands.retention",
    "ledger.commands.sample",
    "ledger.commands.serving",
    "ledger.commands.successions",
)
"""Modules with a ``group`` (or a ``command``) to add."""


class Ledger(click.Group):
    """The group of all commands. Whatever stops one is said in a sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LedgerError as error:
            faults = [f"  {fault.field}: {fault.detail}" for fault in error.faults]
            raise click.ClickException("\n".join([error.detail, *faults])) from error
        except (WrongKey, MustNotSign, StoreUnavailable) as error:
            raise click.ClickException(str(error)) from error
        except Tampered as error:
            raise click.ClickException(
                f"{error}. If LEDGER_MASTER_KEY was changed, give the one this database began with."
            ) from error
        except DBAPIError as error:
            raise click.ClickException(_about_database(error)) from error


def _about_database(error: DBAPIError) -> str:
    said = str(error.orig).strip().splitlines()[0]
    if isinstance(error.orig, sqlite3.OperationalError) and "full" in said:
        return f"the disk is full ({said}): free some space; nothing was half-written"
    if isinstance(error.orig, sqlite3.OperationalError) and "I/O" in said:
        return f"the disk is full or failing ({said}): free some space; nothing was half-written"
    if "no such table" in said or "does not exist" in said:
        return f"the database is not at this program's revision ({said}): run `ledger migrate`"
    return f"the database refused: {said}. LEDGER_DATABASE_URL says which one it is."


def app_from_environment() -> Flask:
    """Return the application for ``LEDGER_*``, or stop with one clear sentence."""
    try:
        return create_app(Settings.from_env(os.environ))
    except (BadPolicy, BadSettings) as error:
        raise click.ClickException(str(error)) from error


@click.group(cls=Ledger, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(ctx: click.Context) -> None:
    """Care Ledger: agreements, consents and pooled money in a log that anyone can check.

    Settings come from the environment, as LEDGER_...; docs/reference/settings.md lists them.
    """
    ctx.obj = ScriptInfo(create_app=app_from_environment, set_debug_flag=False)


for _name in COMMANDS:
    main.add_command(import_module(_name).group)

if __name__ == "__main__":
    sys.exit(main())

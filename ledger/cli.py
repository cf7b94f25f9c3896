"""``ledger``: what an operator types. ``ledger --help`` lists it all.

Exit codes: 0 done, 1 it could not be done (one sentence says why and what to do),
2 the command itself was mistyped.

A command is imported when it is given, and what it needs with it: whoever asks for help, or
mistypes, does not wait for the whole service.
"""

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from ledger.starting import starting

if TYPE_CHECKING:
    from flask import Flask

COMMANDS: Final = {
    "access": "ledger.commands.access",
    "account": "ledger.commands.accounts",
    "client": "ledger.commands.clients",
    "consents": "ledger.commands.consents",
    "demo": "ledger.commands.demo",
    "directory": "ledger.commands.directory",
    "erasure": "ledger.commands.erasure",
    "funding": "ledger.commands.funding",
    "jobs": "ledger.commands.jobs",
    "journal": "ledger.commands.journal",
    "keys": "ledger.commands.keys",
    "log": "ledger.commands.log",
    "migrate": "ledger.commands.database",
    "opening": "ledger.commands.openings",
    "opt-outs": "ledger.commands.opt_outs",
    "overspend": "ledger.commands.overspend",
    "payments": "ledger.commands.payments",
    "policy": "ledger.commands.policy",
    "publications": "ledger.commands.publications",
    "reconcile": "ledger.commands.reconciliation",
    "retention": "ledger.commands.retention",
    "returns": "ledger.commands.returns",
    "sample": "ledger.commands.sample",
    "serve": "ledger.commands.serving",
    "statements": "ledger.commands.statements",
    "successions": "ledger.commands.successions",
}
"""Each command, and the module whose ``group`` it is."""


class Ledger(click.Group):
    """The group of all commands. Whatever stops one is said in a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        with starting():
            found: click.Command = import_module(COMMANDS[cmd_name]).group
        return found

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            from ledger.commands.faults import in_words  # noqa: PLC0415  (only when needed)

            said = in_words(error)
            if said is None:
                raise
            raise click.ClickException(said) from error


def app_from_environment() -> "Flask":
    """Return the application for ``LEDGER_*``.

    Raises:
        BadPolicy, BadSettings: see `create_app`.
    """
    with starting():
        from ledger.app import create_app  # noqa: PLC0415  (help needs no application)
        from ledger.settings import Settings  # noqa: PLC0415

        return create_app(Settings.from_env(os.environ))


@click.group(cls=Ledger, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(ctx: click.Context) -> None:
    """Care Ledger: agreements, consents and pooled money in a log that anyone can check.

    Settings come from the environment, as LEDGER_...; docs/reference/settings.md lists them.
    """
    from flask.cli import ScriptInfo  # noqa: PLC0415

    ctx.obj = ScriptInfo(create_app=app_from_environment, set_debug_flag=False)


if __name__ == "__main__":
    sys.exit(main())

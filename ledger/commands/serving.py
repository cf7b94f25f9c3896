"""``ledger serve``: answer requests."""

import errno
import socket

import click
from flask import current_app
from flask.cli import with_appcontext
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from ledger.commands.database import too_new
from ledger.core import authority, keys, rulesets, standing
from ledger.core.db import db
from ledger.core.migrate import knows, newest, revision_of
from ledger.settings import Settings


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option(
    "--workers", default=1, show_default=True, help="Processes. More than one needs PostgreSQL."
)
@click.option(
    "--threads",
    default=8,
    show_default=True,
    help="Threads of each process; never fewer than 2 while it is its own sign-in provider.",
)
@with_appcontext
def group(host: str, port: int, workers: int, threads: int) -> None:
    """Serve pages and programs until told to stop.

    The database must be at this program's revision (`ledger migrate`).
    """
    settings: Settings = current_app.extensions["settings"]
    if workers > 1 and settings.sqlite_file:
        raise click.ClickException("SQLite serves one process: --workers 1, or use PostgreSQL")
    at = revision_of(db.engine)
    if not knows(at):
        raise click.ClickException(too_new(at))
    if at != newest():
        raise click.ClickException(
            f"the database is at revision {at or 'nothing'} and this program needs {newest()}: "
            "run `ledger migrate`"
        )
    keys.must_fit(db.session(), current_app.extensions["signers"])
    standing.must_start(db.session(), current_app.extensions["signers"])
    ruleset = rulesets.newest(db.session())
    if ruleset is None or ruleset.digest != authority.in_force().digest:
        raise click.ClickException(
            "the files in policies/ are not the ruleset in force: look at the difference with "
            "`ledger policy diff`, then run `ledger policy activate`"
        )
    db.session.remove()
    db.engine.dispose()
    must_be_free(host, port)
    Server(
        "ledger.serve:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        log_level=LogLevels.error,
    ).serve()


def must_be_free(host: str, port: int) -> None:
    """Stop with one clear sentence if something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = "is in use" if error.errno == errno.EADDRINUSE else str(error.strerror)
            raise click.ClickException(
                f"port {port} of {host} {reason}: choose another with --port"
            ) from error

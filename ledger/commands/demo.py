"""``ledger demo``: everything a newcomer needs, with one command. `make run` calls it."""

import json
import os
import secrets
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import click

from ledger.app import create_app
from ledger.commands.database import bring_to_newest
from ledger.commands.serving import must_be_free
from ledger.sample.guide import PUBLIC
from ledger.sample.load import load
from ledger.settings import Settings

_FILE: Final = "ledger.sqlite3"
_LOG: Final = "server.log"
_SETTINGS: Final = "ledger.env"
_CHECKPOINTS: Final = "checkpoints"
_READY_SECONDS_MAX: Final = 30


@click.command("demo")
@click.option("--port", default=8000, show_default=True, help="Port of 127.0.0.1 to serve on.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".data"),
    show_default=True,
    help="Folder of the database.",
)
@click.option(
    "--secrets",
    "kept",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".secrets"),
    show_default=True,
    help="Folder of keys and sample passwords; readable by its owner alone.",
)
@click.option("--load-only", is_flag=True, help="Make the demonstration, and do not serve it.")
def group(port: int, data: Path, kept: Path, *, load_only: bool) -> None:
    """Make a demonstration the first time, and serve it.

    A real partnership's shape with fictional people: organisations, an agreement that each
    party's signatory has signed, consents, a pooled budget. It is loaded by the commands that
    people use, in full or not at all. To begin again, delete both folders.
    """
    must_be_free("127.0.0.1", port)
    environment = environment_of(data, kept, port)
    database = data / _FILE
    if not database.exists():
        _load(environment, data, kept, port)
    else:
        _migrate(environment)
    if load_only:
        return
    with _serving(environment, port, data / _LOG) as (_, process):
        _say_hello(json.loads((kept / "sample.json").read_text()), port, kept)
        _wait_for_the_end(process)


def _wait_for_the_end(process: "subprocess.Popen[bytes]") -> None:
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    while process.poll() is None:
        if signal.sigtimedwait(ends, 1):
            click.echo("\nStopping.")
            return
    raise click.ClickException(
        "the server stopped by itself; server.log beside the database says why"
    )


def environment_of(data: Path, kept: Path, port: int) -> dict[str, str]:
    """Return the settings of the demonstration: its secrets, and its log's name, made once.

    The file they are kept in is for the operator's commands too, so it says where the data is.
    """
    file = kept / _SETTINGS
    here = {
        "LEDGER_DATABASE_URL": f"sqlite:///{(data / _FILE).absolute()}",
        "LEDGER_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LEDGER_DEMONSTRATION": "on",
        "LEDGER_CHECKPOINT_STORE": str((kept / _CHECKPOINTS).absolute()),
    }
    made = {"LEDGER_LOG_ORIGIN": f"127.0.0.1:{port}/log"}
    if file.exists():
        lines = file.read_text().splitlines()
        made |= dict(shlex.split(line)[0].split("=", 1) for line in lines if line)
    elif (data / _FILE).exists():
        raise click.ClickException(
            f"{data / _FILE} is there and its keys in {file} are not: put them back, or "
            f"delete {data} to begin again"
        )
    else:
        made |= {
            "LEDGER_SECRET_KEY": secrets.token_hex(32),
            "LEDGER_MASTER_KEY": secrets.token_hex(32),
            "LEDGER_SIGNING_SEED": secrets.token_hex(32),
        }
    settings = {**made, **here}
    written = "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items())
    if not file.exists() or file.read_text() != written:
        _write_private(file, written)
    return settings


def _load(environment: dict[str, str], data: Path, kept: Path, port: int) -> None:
    """Make the database beside its place and move it there when it is whole."""
    unfinished = data / "loading"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    # Without its database a demonstration begins again: what the last one signed is forgotten.
    shutil.rmtree(kept / _CHECKPOINTS, ignore_errors=True)
    database = unfinished / _FILE
    environment = {**environment, "LEDGER_DATABASE_URL": f"sqlite:///{database.absolute()}"}
    began = time.monotonic()
    _migrate(environment)
    with _serving(environment, port, data / _LOG) as (address, _):
        app = create_app(Settings.from_env(environment))
        with app.app_context():
            sample = load(address, say=lambda what: click.echo(f"  {what}"))
    _write_private(kept / "sample.json", json.dumps(sample, indent=1))
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    database.rename(data / _FILE)
    shutil.rmtree(unfinished)
    click.echo(f"The demonstration is loaded ({time.monotonic() - began:.0f} s).")


def _migrate(environment: dict[str, str]) -> None:
    app = create_app(Settings.from_env(environment))
    with app.app_context():
        bring_to_newest(app.extensions["settings"])


@contextmanager
def _serving(
    environment: dict[str, str], port: int, log: Path
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Serve in a process of its own until the block ends; yield its address, and the process."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    command = [sys.executable, "-m", "ledger.cli", "serve", "--port", str(port)]
    with log.open("ab") as said:
        process = subprocess.Popen(  # noqa: S603  (our own command)
            command,
            env={**own, **environment},
            start_new_session=True,
            stdout=said,
            stderr=said,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(address, process, log)
        yield address, process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_ready(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise click.ClickException(f"the server did not start; {log} says why")
        try:
            with urlopen(f"{address}/healthz", timeout=2):  # noqa: S310  (this machine)
                return
        except (HTTPError, URLError, OSError):
            time.sleep(0.1)
    raise click.ClickException(f"the server does not answer at {address}")


def _say_hello(sample: dict[str, Any], port: int, kept: Path) -> None:
    """Print the address, the accounts, and a line that asks for a decision."""
    address = f"http://127.0.0.1:{port}"
    click.echo(f"\nCare Ledger (demonstration) is at {address}\n")
    click.echo(f"Sign in with any of these; the password of each is: {sample['password']}\n")
    _say_accounts(sample["accounts"], address)
    if public := sample.get("pages", {}).get("public"):
        click.echo(f"\n{PUBLIC}:\n  {address}{public}")
    client = sample["client"]
    click.echo("\nA program asks for a decision with a token:")
    click.echo(f"  client id      {client['id']}")
    click.echo(f"  client secret  {client['secret']}")
    click.echo(f"\n{client['curl'].replace('ADDRESS', address)}\n")
    click.echo("An operator's commands work on it too, such as the check of its log:")
    click.echo(f"  (set -a; . {kept.absolute() / _SETTINGS}; .venv/bin/ledger log check)\n")
    click.echo("Press Ctrl-C to stop; `make run` goes on with what is there.")


def _say_accounts(accounts: list[dict[str, str]], address: str) -> None:
    """Print those with something to look at first, and the others below."""
    width = max(len(one["username"]) for one in accounts)
    for one in accounts:
        if "page" in one:
            click.echo(f"  {one['username']:<{width}}  {one['says']}")
            click.echo(f"  {'':<{width}}  {one['first']}")
            click.echo(f"  {'':<{width}}  {address}{one['page']}\n")
    click.echo("Others, to see what they see:")
    for one in accounts:
        if "page" not in one:
            click.echo(f"  {one['username']:<{width}}  {one['says']}")


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write_private(file: Path, text: str) -> None:
    _private_folder(file.parent)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)

"""``ledger directory``: an operator's first hour, and whatever comes as a file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import queries, service
from ledger.directory.rules import imports as files
from ledger.directory.rules.memberships import STAFF_ROLES
from ledger.directory.rules.organisations import OrganisationDetails, OrganisationKind
from ledger.directory.rules.tables import Table
from ledger.directory.service import Invited, Outcome
from ledger.edge import accounts
from ledger.settings import Settings

OPERATOR: Final = Actor.system("operator")
_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("directory")
def group() -> None:
    """Organisations, people, patients and who cares for whom."""


@group.command("found")
@click.option("--name", required=True, help="Of the organisation that hosts this service.")
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in OrganisationKind]))
@click.option("--ods-code", help="Its ODS code, if it has one.")
@click.option("--steward-name", required=True, help="Who keeps the directory from now on.")
@click.option("--steward-email", required=True, help="Their address; they sign in by it.")
@with_appcontext
def found(
    *,
    name: str,
    kind: str,
    ods_code: str | None,
    steward_name: str,
    steward_email: str,
) -> None:
    """Set the service up: its host, and its first steward. Done once.

    With LEDGER_DEMONSTRATION=on it is a demonstration for ever: it takes no real patient, only
    NHS numbers from 999. Prints a one-time address at which the steward chooses how to sign in.
    """
    demonstration = current_app.extensions["settings"].demonstration
    details = OrganisationDetails(name=name, kind=OrganisationKind(kind), ods_code=ods_code)
    with unit_of_work(OPERATOR) as work:
        host = service.found(work, details=details, demonstration=demonstration)
        invited = service.invite(
            work,
            name=steward_name,
            email=steward_email,
            organisation_id=host,
            role=Role.STEWARD,
        )
    click.echo(f"{name} hosts this service{' as a demonstration' if demonstration else ''}")
    _say_how_to_sign_in(invited, steward_email)


@group.command("invite")
@click.option("--organisation", required=True, help="Its ODS code, or its id.")
@click.option("--name", required=True, help="Of the person.")
@click.option("--email", required=True, help="Their address; they sign in by it.")
@click.option(
    "--role", required=True, type=click.Choice(sorted(role.value for role in STAFF_ROLES))
)
@with_appcontext
def invite(*, organisation: str, name: str, email: str, role: str) -> None:
    """Give somebody a role at an organisation, and a way to sign in if they have none."""
    at = organisation_named(organisation)
    with unit_of_work(OPERATOR) as work:
        invited = service.invite(work, name=name, email=email, organisation_id=at, role=Role(role))
    _say_how_to_sign_in(invited, email)


@group.command("import-organisations")
@click.argument("file", type=_FILE)
@click.option("--check", is_flag=True, help="Only say what is wrong with the file.")
@with_appcontext
def import_organisations(*, file: Path, check: bool) -> None:
    """Add the organisations of a CSV FILE with ODS code, name and kind."""
    content = file.read_bytes()
    if check:
        _report(files.read_organisations(content))
        return
    _import(lambda work, more: service.import_organisations(work, content=content, progress=more))


@group.command("import-patients")
@click.argument("file", type=_FILE)
@click.option("--organisation", required=True, help="On whose list: its ODS code, or its id.")
@click.option("--check", is_flag=True, help="Only say what is wrong with the file.")
@with_appcontext
def import_patients(*, file: Path, organisation: str, check: bool) -> None:
    """Put the patients of a CSV FILE, with NHS number, date of birth and name, on a list."""
    at, content = organisation_named(organisation), file.read_bytes()
    if check:
        _report(files.read_patients(content, **_circumstances()))
        return
    _import(
        lambda work, more: service.import_patients(
            work, organisation_id=at, content=content, progress=more
        )
    )


@group.command("import-care")
@click.argument("file", type=_FILE)
@click.option("--organisation", required=True, help="Whose roster: its ODS code, or its id.")
@click.option("--check", is_flag=True, help="Only say what is wrong with the file.")
@with_appcontext
def import_care(*, file: Path, organisation: str, check: bool) -> None:
    """Take in a roster: a CSV FILE with NHS number, team or staff e-mail, from and until."""
    at, content = organisation_named(organisation), file.read_bytes()
    if check:
        _report(files.read_care(content, **_circumstances()))
        return
    _import(
        lambda work, more: service.import_care(
            work, organisation_id=at, content=content, progress=more
        )
    )


@group.command("import-teams")
@click.argument("file", type=_FILE)
@click.option("--organisation", required=True, help="Whose teams: its ODS code, or its id.")
@click.option("--check", is_flag=True, help="Only say what is wrong with the file.")
@with_appcontext
def import_teams(*, file: Path, organisation: str, check: bool) -> None:
    """Take in who is in which team: a CSV FILE with team, staff e-mail, from and until."""
    at, content = organisation_named(organisation), file.read_bytes()
    if check:
        _report(files.read_teams(content, **_circumstances()))
        return
    _import(
        lambda work, more: service.import_teams(
            work, organisation_id=at, content=content, progress=more
        )
    )


def organisation_named(named: str) -> UUID:
    """Return which organisation an operator means. Raises `NotFound`."""
    found = queries.organisation_by_code(db.session(), named)
    if found is not None:
        return found.id
    try:
        return queries.organisation(db.session(), UUID(named)).id
    except ValueError:
        raise NotFound(
            f"no organisation has the code {named}: register or import it first"
        ) from None


def _circumstances() -> dict[str, Any]:
    founded = queries.installation(db.session())
    if founded is None:
        raise service.NotFounded("set it up first, with: ledger directory found")
    return {"today": clock.today(), "demonstration": founded.demonstration}


def _report(table: Table) -> None:
    for name, heading in table.matched.items():
        click.echo(f"{name}: from the column {heading}")
    if table.ignored:
        click.echo(f"not read, and not kept: {', '.join(table.ignored)}")
    click.echo(f"{len(table.rows):,} good {'row' if len(table.rows) == 1 else 'rows'}")
    table.insist()


def _import(carry_out: Callable[[UnitOfWork, service.Progress], Outcome]) -> None:
    with _progress() as more, unit_of_work(OPERATOR) as work:
        outcome = carry_out(work, more)
    click.echo(
        f"{outcome.added:,} added, {outcome.changed:,} changed, {outcome.unchanged:,} already there"
    )


@contextmanager
def _progress() -> Iterator[service.Progress]:
    """Draw a bar on a terminal; nothing where the output goes into a file."""
    with click.progressbar(length=1, label="Recording") as bar:

        def more(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield more


def _say_how_to_sign_in(invited: Invited, email: str) -> None:
    if not invited.needs_invitation:
        click.echo("they are here already, and have the role from now on")
        return
    settings: Settings = current_app.extensions["settings"]
    token = accounts.invite(invited.person_id, email)
    click.echo("give them this address; it works once, and not for long:")
    click.echo(f"{settings.public_url}/invitation/{token}")

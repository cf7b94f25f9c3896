"""``ledger consents``: what patients said elsewhere, brought in as a file."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger.commands.directory import organisation_named
from ledger.consent import service
from ledger.consent.rules.forms import Form, form_of, read_forms
from ledger.consent.service import Became, RowDone
from ledger.core import clock
from ledger.core.actor import Actor, ActorKind, Role
from ledger.core.db import db
from ledger.core.errors import Fault, NotFound
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory.rules.memberships import STAFF_ROLES
from ledger.directory.rules.tables import Table
from ledger.directory.service import NotFounded

AT_ONCE: Final = 100
"""Rows in a unit of work: few enough that nobody waits long for a patient who is in it."""

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_Row = tuple[int, str, str]
"""Line, column and what is wrong with it."""


@click.group("consents")
def group() -> None:
    """What patients said on paper, by phone or to somebody."""


@group.command("import")
@click.argument("file", type=_FILE)
@click.option("--organisation", required=True, help="Whose forms: its ODS code, or its id.")
@click.option("--for", "email", required=True, help="The e-mail of whoever answers for them there.")
@click.option(
    "--role",
    required=True,
    type=click.Choice(sorted(one.value for one in STAFF_ROLES)),
    help="As what.",
)
@click.option("--dry-run", is_flag=True, help="Only say what is in the file; record nothing.")
@click.option(
    "--errors",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write what is wrong here, as CSV: line, column, problem.",
)
@with_appcontext
def import_(
    *,
    file: Path,
    organisation: str,
    email: str,
    role: str,
    dry_run: bool,
    errors: Path | None,
) -> None:
    """Take in FILE, a CSV with a row for each yes or no. A row that is wrong leaves nothing.

    Columns: NHS number; answer (yes, no); agreement (its id); purposes; categories;
    organisations (ODS codes); decided on; source (paper, phone, spoken); until. Several in a
    cell are parted by spaces.

    It is judged as if --for recorded each row, and the log says that an operator did so for
    them. A yes older than a no waits for a person. Read the same file again whenever you like:
    what is there stays as it is. The exit code is 0 if every row is in, else 1.
    """
    actor = _on_behalf_of(email, organisation_named(organisation), Role(role))
    founded = directory.installation(db.session())
    if founded is None:
        raise NotFounded("set it up first, with: ledger directory found")
    today = clock.today()
    table = read_forms(file.read_bytes(), today=today, demonstration=founded.demonstration)
    wrong = [_of_reading(fault) for fault in table.faults]
    if dry_run:
        _say_what_is_in(table)
    else:
        done = _recorded(actor, [form_of(row) for row in table.rows])
        counts = Counter(one.became for one in done)
        click.echo(", ".join(f"{counts[what]:,} {what}" for what in Became))
        wrong += [(one.line, fault.field, fault.detail) for one in done for fault in one.faults]
    _report(sorted(wrong), errors)


def _recorded(actor: Actor, forms: Sequence[Form]) -> list[RowDone]:
    done: list[RowDone] = []
    with click.progressbar(length=len(forms), label="Recording") as bar:
        for start in range(0, len(forms), AT_ONCE):
            with unit_of_work(actor) as work:
                rows = service.import_forms(work, forms[start : start + AT_ONCE])
            done += rows
            bar.update(len(rows))
    return done


def _on_behalf_of(email: str, organisation_id: UUID, role: Role) -> Actor:
    """Return the operator acting for a member of staff. Raises `NotFound`."""
    session = db.session()
    person_id = directory.person_by_email(session, email)
    today = clock.today()
    held = () if person_id is None else directory.memberships(session, person_id, on=today)
    for one in held:
        if (one.organisation_id, one.role) == (organisation_id, role):
            person = directory.actor_for(session, one.person_id, one.id)
            return replace(person, kind=ActorKind.SYSTEM, key="operator", on_behalf_of=person.ref)
    raise NotFound(f"nobody with that e-mail is a {role} there today")


def _say_what_is_in(table: Table) -> None:
    for name, heading in table.matched.items():
        click.echo(f"{name}: from the column {heading}")
    if table.ignored:
        click.echo(f"not read, and not kept: {', '.join(table.ignored)}")
    click.echo(f"{len(table.rows):,} good {'row' if len(table.rows) == 1 else 'rows'}")


def _of_reading(fault: Fault) -> _Row:
    line, _, column = fault.field.removeprefix("line ").partition(", ")
    return int(line), column, fault.detail


def _report(wrong: Sequence[_Row], errors: Path | None) -> None:
    """Say what is wrong, in a file if one is named, and end with 1 if anything is."""
    if errors is not None:
        with errors.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("line", "column", "problem"), *wrong])
    if not wrong:
        return
    lines = len({line for line, _, _ in wrong})
    said = list(_first(wrong)) if errors is None else [f"  {errors} says what"]
    counted = "one row is not right" if lines == 1 else f"{lines:,} rows are not right"
    raise click.ClickException("\n".join([counted, *said]))


def _first(wrong: Sequence[_Row], most: int = 20) -> Iterator[str]:
    for line, column, problem in wrong[:most]:
        yield f"  line {line}{', ' if column else ''}{column}: {problem}"
    if len(wrong) > most:
        yield f"  and {len(wrong) - most:,} more: --errors FILE lists them all"

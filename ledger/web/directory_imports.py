"""Pages to bring in patients and rosters from a file: first what is in it, then the import.

The file is not kept between the two: it goes back to the browser in the page and comes again
with the confirmation. Where it is wrong, nothing is repeated but line and column.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Fault, Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.rules import imports as files
from ledger.directory.rules.tables import RowsRefused, Table, UnreadableTable
from ledger.directory.service import Outcome
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.shell import day as in_words

blueprint = Blueprint("imports", __name__, url_prefix="/imports")

CONTENT_MAX: Final = 300_000
"""Bytes of a file in a page; the command `ledger directory` takes larger ones."""

_ROWS_MAX: Final = 2_000
_SAMPLE: Final = 3


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of file: what a page says of it, and how it is read and imported."""

    key: str
    text: str
    columns: str
    read: Callable[..., Table]
    carry_out: Callable[..., Outcome]


SORTS: Final = {
    sort.key: sort
    for sort in (
        Sort(
            "patients",
            "Patients",
            "NHS number, date of birth, name",
            files.read_patients,
            service.import_patients,
        ),
        Sort(
            "teams",
            "Who is in which team",
            "team, staff e-mail, from, until",
            files.read_teams,
            service.import_teams,
        ),
        Sort(
            "care",
            "Who cares for whom",
            "NHS number, team or staff e-mail (or neither: everybody here), from, until",
            files.read_care,
            service.import_care,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What was found in a file, in words. Nothing of it is recorded yet."""

    sort: Sort
    matched: tuple[tuple[str, str], ...]
    ignored: str
    rows: int
    sample: tuple[tuple[str, ...], ...]
    faults: tuple[tuple[str, str], ...]
    more_faults: int

    @property
    def headings(self) -> tuple[str, ...]:
        """What the columns of *sample* are."""
        return tuple(name for name, _ in self.matched)

    @classmethod
    def of(cls, sort: Sort, table: Table) -> "Preview":
        """Present a file as it was read."""
        faults = tuple(map(_fault, table.faults))
        return cls(
            sort,
            tuple(
                (name[:1].upper() + name[1:], heading) for name, heading in table.matched.items()
            ),
            ", ".join(table.ignored),
            len(table.rows),
            tuple(
                tuple(_cell(row.values[name]) for name in table.matched)
                for row in table.rows[:_SAMPLE]
            ),
            faults,
            table.fault_count - len(faults),
        )


def _fault(fault: Fault) -> tuple[str, str]:
    return fault.field[:1].upper() + fault.field[1:], fault.detail


def _cell(value: object) -> str:
    if isinstance(value, date):
        return in_words(value)
    return "" if value is None else str(value)


def outcome_words(outcome: Outcome) -> str:
    """Say what an import did."""
    parts = [
        (outcome.added, "added"),
        (outcome.changed, "added to your list who were here before"),
        (outcome.unchanged, "there already"),
    ]
    said = [f"{count:,} {what}" for count, what in parts if count]
    return f"{', '.join(said)}."


@blueprint.get("")
@requires(Permission.PATIENT_REGISTER)
def choose() -> str:
    """Ask for a file."""
    return _choose_page({})


@blueprint.post("/preview")
@requires(Permission.PATIENT_REGISTER)
def preview() -> ResponseReturnValue:
    """Show what is in a file, line by line where it is wrong."""
    sort, file = SORTS.get(request.form.get("sort", "")), request.files.get("file")
    errors = {}
    if sort is None:
        errors["sort"] = "Choose what is in the file"
    if file is None or not file.filename:
        errors["file"] = "Choose a file"
    if sort is None or file is None or errors:
        return _choose_page(errors), 422
    content = file.read(CONTENT_MAX + 1)
    try:
        table = _read(sort, content)
    except UnreadableTable as refused:
        return _choose_page({"file": f"This file cannot be used: {refused.detail}"}), 422
    page = render_template(
        "directory/preview.jinja",
        preview=Preview.of(sort, table),
        content=content.decode("utf-8-sig") if not table.fault_count else "",
    )
    return page, 422 if table.fault_count else 200, {"Cache-Control": "no-store"}


@blueprint.post("/<sort_key>")
@requires(Permission.PATIENT_REGISTER)
def carry_out(sort_key: str) -> ResponseReturnValue:
    """Import a file that was looked at: every row, or none."""
    sort, content = SORTS.get(sort_key), request.form.get("content", "").encode()
    if sort is None:
        raise Invalid("choose what is in the file")
    _read(sort, content)
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            outcome = sort.carry_out(work, organisation_id=_own(), content=content)
    except RowsRefused as refused:
        faults = tuple(map(_fault, refused.faults))
        shown = Preview(sort, (), "", 0, (), faults, 0)
        return render_template("directory/preview.jinja", preview=shown, content=""), 422
    flash(outcome_words(outcome), "success")
    return redirect(url_for("imports.choose"), 303)


def _choose_page(errors: dict[str, str]) -> str:
    return render_template(
        "directory/import.jinja",
        errors=errors,
        sorts=[
            {"value": s.key, "text": s.text, "hint": {"text": f"Columns: {s.columns}"}}
            for s in SORTS.values()
        ],
        organisation=queries.organisation(db.session(), _own()),
    )


def _read(sort: Sort, content: bytes) -> Table:
    if len(content) > CONTENT_MAX:
        raise UnreadableTable(
            f"it has more than {CONTENT_MAX // 1000} kB; split it, or let whoever runs the "
            "service import it with the command"
        )
    founded = queries.installation(db.session())
    if founded is None:
        raise service.NotFounded("ask whoever runs the service to set it up")
    circumstances: dict[str, Any] = {
        "today": clock.today(),
        "demonstration": founded.demonstration,
    }
    table = sort.read(content, **circumstances)
    if len(table.rows) + table.fault_count > _ROWS_MAX:
        raise UnreadableTable(f"it has more than {_ROWS_MAX:,} rows: split it into smaller files")
    return table


def _own() -> UUID:
    at = current_actor().organisation_id
    if at is None:
        raise Invalid("choose the role in which you do this, and try again")
    return at

"""The copy of the national opt-out register: how old it is, and bringing in a new one."""

from datetime import datetime, time
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.access.keeping import queries, registers
from ledger.access.keeping.rules import Lists
from ledger.access.ruleset import in_force
from ledger.core import authority, clock
from ledger.core.authority import Resource
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory.rules.imports import day
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.shell import moment

blueprint = Blueprint("register_pages", __name__, url_prefix="/opt-out-register")

LISTS_WORDS: Final = {
    Lists.OPTED_OUT: "Those who opted out",
    Lists.UPHELD: "Those of ours who did not: the central service sent our list back without them",
}


def state(checked_at: datetime | None, now: datetime) -> tuple[str, str]:
    """Say whether the copy can be used, with a colour."""
    if checked_at is None:
        return "There is none: planning and research stop", "red"
    left = (checked_at + in_force().register_lasts - now).days
    if left < 0:
        return "Too old: planning and research stop", "red"
    return f"Good for {left} more days", "yellow" if left <= 7 else "green"  # noqa: PLR2004


@blueprint.get("")
@requires(Permission.ACCESS_REVIEW)
def show() -> str:
    """Show the copy that counts."""
    return _page({})


@blueprint.post("")
@requires(Permission.OPT_OUT_IMPORT)
def bring_in() -> ResponseReturnValue:
    """Take in a new copy, whole."""
    lists, given = request.form.get("lists", ""), request.form.get("checked", "").strip()
    file = request.files.get("file")
    content = file.read() if file else b""
    errors = {}
    if lists not in set(Lists):
        errors["lists"] = "Choose whom the file names"
    if not content:
        errors["file"] = "Choose a file"
    checked_at = None
    try:
        checked_at = datetime.combine(day(given), time.min, tzinfo=clock.zone())
    except Invalid as refused:
        errors["checked"] = refused.detail[:1].upper() + refused.detail[1:]
    if errors or checked_at is None:
        return _page(errors), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            done = registers.import_register(
                work,
                content=content,
                lists=Lists(lists),
                checked_at=checked_at.astimezone(work.now.tzinfo),
            )
    except (Invalid, Conflict) as refused:
        faults = "; ".join(f"{one.field} {one.detail}" for one in refused.faults[:5])
        said = f"{refused.title}: {faults or refused.detail}"
        return _page({"file": said}), 422
    flash(
        f"Copy {done.n} counts now. {done.opted_out} patients here have opted out; for "
        f"{done.changed} that is new. {done.unknown} numbers are nobody's here.",
        "success",
    )
    return redirect(url_for(".show"), 303)


def _page(errors: dict[str, str]) -> str:
    session = db.session()
    found = queries.register(session)
    words, colour = state(found.checked_at if found else None, clock.now())
    on = Resource(host_id=directory.host(session))
    lines = []
    if found:
        lines = [
            {"key": "Copy", "value": f"Number {found.n}"},
            {"key": "The register was asked", "value": moment(found.checked_at)},
            {"key": "Brought in", "value": moment(found.imported_at)},
        ]
    return render_template(
        "desk/register.jinja",
        state=words,
        colour=colour,
        lines=lines,
        may_import=authority.permits(
            authority.in_force(), current_actor(), Permission.OPT_OUT_IMPORT, on
        ),
        lists=[
            {"value": one.value, "text": text, "checked": request.form.get("lists") == one}
            for one, text in LISTS_WORDS.items()
        ],
        checked=request.form.get("checked", ""),
        errors=errors,
    )

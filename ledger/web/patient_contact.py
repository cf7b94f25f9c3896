"""Where a patient is told what is about them: theirs alone to choose."""

from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core.db import db
from ledger.core.errors import Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.messages.contact import queries, service
from ledger.messages.contact.entries import Where
from ledger.messages.contact.queries import Contact
from ledger.web.patient import own_patient_id

blueprint = Blueprint("my_contact", __name__, url_prefix="/my/contact")

WORDS: Final = {
    Where.USUAL: ("By e-mail, to where I sign in", "Others who read your e-mail may see it."),
    Where.ADDRESS: ("By e-mail, to another address", "One that nobody else reads."),
    Where.ONLY_HERE: ("Only on these pages", "We send you nothing. Look here now and then."),
}


@blueprint.get("")
@requires(Permission.PROFILE_READ)
def show() -> str:
    """Show what is chosen."""
    found = queries.own_contact(db.session(), current_actor(), own_patient_id())
    return _page(found, {})


@blueprint.post("")
@requires(Permission.PROFILE_READ)
def choose() -> ResponseReturnValue:
    """Choose it."""
    sent, address = request.form.get("where", ""), request.form.get("address", "").strip()
    found = queries.own_contact(db.session(), current_actor(), own_patient_id())
    if sent not in set(Where):
        return _page(found, {"where": "Choose where we tell you"}), 422
    where = Where(sent)
    chosen = Contact(where, address if where is Where.ADDRESS else None)
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.choose_contact(work, own_patient_id(), where=where, address=chosen.address)
    except Invalid:
        return _page(chosen, {"address": "Enter an e-mail address, such as name@example.com"}), 422
    flash("From now on we tell you there.", "success")
    return redirect(url_for("my.choices"), 303)


def options(chosen: Where) -> list[dict[str, Any]]:
    """Return every way with what it means, as the radios component takes them."""
    return [
        {
            "value": where.value,
            "text": text,
            "hint": {"text": hint},
            "checked": where is chosen,
        }
        for where, (text, hint) in WORDS.items()
    ]


def _page(found: Contact, errors: dict[str, str]) -> str:
    return render_template(
        "patient/contact.jinja",
        items=options(found.where),
        address=found.address or "",
        errors=errors,
    )

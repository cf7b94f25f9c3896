"""Whether those who look after the patient are told that something is kept back."""

from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.consent.marks import queries, service
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.patient import own_patient_id

blueprint = Blueprint("hiding", __name__, url_prefix="/my/hidden")

TOLD: Final = "told"
HIDDEN: Final = "hidden"


@blueprint.get("")
@requires(Permission.CONSENT_GRANT)
def show() -> str:
    """Show what is chosen, and what each means."""
    return _page({})


@blueprint.post("")
@requires(Permission.CONSENT_GRANT)
def choose() -> ResponseReturnValue:
    """Choose it."""
    sent = request.form.get("hidden", "")
    if sent not in {TOLD, HIDDEN}:
        return _page({"hidden": "Choose what they are told"}), 422
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.choose_hiding(work, own_patient_id(), hidden=sent == HIDDEN)
    flash("Your choice is recorded, and counts from now on.", "success")
    return redirect(url_for("my.choices"), 303)


def options(*, hidden: bool) -> list[dict[str, Any]]:
    """Return both ways with what each means, as the radios component takes them."""
    return [
        {
            "value": TOLD,
            "text": "Tell them that something is kept back",
            "hint": {
                "text": "They do not see what it is. They know to ask you, so that nobody takes "
                "it that you have no allergies. Most people choose this."
            },
            "checked": not hidden,
        },
        {
            "value": HIDDEN,
            "text": "Do not tell them",
            "hint": {
                "text": "To them it looks as if there was nothing. This can harm you: they may "
                "give you a medicine that does not go with yours."
            },
            "checked": hidden,
        },
    ]


def _page(errors: dict[str, str]) -> str:
    marks = queries.marks(db.session(), own_patient_id())
    items = options(hidden=marks.hidden)
    return render_template("patient/hidden.jinja", items=items, errors=errors)

"""How often somebody is written to: their own choice."""

from typing import Final

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core.db import db
from ledger.core.permissions import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.messages import queries
from ledger.messages.rules.alerts import How
from ledger.messages.service import choosing
from ledger.settings import Settings

blueprint = Blueprint("alerts", __name__)

_WORDS: Final = {
    How.AT_ONCE: ("When something waits for me", "A message each time"),
    How.DAILY: ("Once a day", "One message at 7 in the morning, if there is anything"),
    How.NEVER: ("Never", "Your start page still shows what waits for you"),
}


@blueprint.get("/alerts")
@requires(Permission.PROFILE_READ)
def show() -> ResponseReturnValue:
    """Ask how often somebody wants to be written to."""
    return _page(queries.how_told(db.session(), current_actor().id), "")


@blueprint.post("/alerts")
@requires(Permission.PROFILE_READ)
def choose() -> ResponseReturnValue:
    """Keep what was chosen."""
    chosen = request.form.get("how", "")
    if chosen not in [*How]:
        return _page(None, "Choose how often we write to you"), 422
    with unit_of_work(current_actor()) as work:
        choosing.choose(work, how=How(chosen))
    flash("We will write to you like that.", "success")
    return redirect(url_for("alerts.show"), 303)


def _page(chosen: How | None, error: str) -> str:
    settings: Settings = current_app.extensions["settings"]
    items = [
        {"value": how.value, "text": text, "hint": {"text": hint}, "checked": how is chosen}
        for how, (text, hint) in _WORDS.items()
    ]
    return render_template(
        "endpoints/alerts.jinja",
        items=items,
        errors={"how": error} if error else {},
        sends=bool(settings.mail_url),
    )

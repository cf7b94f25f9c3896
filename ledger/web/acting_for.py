"""Acting for somebody else, as the person who does it sees it; and who may act for me."""

from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from ledger.consent.rules.lifecycle import Status
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.permissions import Permission
from ledger.core.work import unit_of_work
from ledger.directory.acting import queries, service, views
from ledger.directory.acting.rules import NoActing, PowerEnd
from ledger.edge import sessions
from ledger.edge.acting_for import CHOSEN
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.acting import who_signed_in
from ledger.web.power_words import KIND_WORDS, PowerCard

blueprint = Blueprint("acting_for", __name__)

FROZEN: Final = Status.PROXY_FROZEN
"""What a parent had agreed to, and the young person has not taken up or back yet."""


@blueprint.get("/acting-for")
@requires(Permission.PROFILE_READ)
def whom() -> str:
    """Show for whom the reader may act."""
    found = queries.whom(db.session(), who_signed_in().person_id, clock.now())
    rows = [(one.patient_id, one.name or "Name erased", KIND_WORDS[one.kind]) for one in found]
    return render_template("acting/whom.jinja", rows=rows, acting=bool(current_actor().proxy_for))


@blueprint.post("/acting-for/<uuid:patient_id>")
@requires(Permission.PROFILE_READ)
def begin(patient_id: UUID) -> ResponseReturnValue:
    """Act for a patient from now on in this browser, under another token."""
    person_id = who_signed_in().person_id
    if queries.acting(db.session(), person_id, patient_id, clock.now()) is None:
        raise NoActing("the power is over or suspended, or they decide for themselves")
    session[CHOSEN] = str(patient_id)
    sessions.browser().rotate()
    session.pop("csrf_token", None)
    return redirect("/", 303)


@blueprint.post("/acting-for/end")
@requires(Permission.PROFILE_READ)
def stop() -> ResponseReturnValue:
    """Be oneself again."""
    session.pop(CHOSEN, None)
    sessions.browser().rotate()
    session.pop("csrf_token", None)
    return redirect(url_for(".whom"), 303)


@blueprint.get("/my/people")
@requires(Permission.POWER_READ)
def mine() -> str:
    """Show a patient who may act for them."""
    found = views.powers_over(db.session(), _own(), clock.now())
    return render_template(
        "acting/mine.jinja", cards=[PowerCard.of(one, own=True) for one in found]
    )


@blueprint.post("/my/people/<uuid:power_id>/end")
@requires(Permission.POWER_END)
def end_mine(power_id: UUID) -> ResponseReturnValue:
    """End what rests on the patient's own wish."""
    _own()
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.end(work, power_id=power_id, reason=PowerEnd.PATIENT_ASKED)
    flash("They cannot act for you any more.", "success")
    return redirect(url_for(".mine"), 303)


def _own() -> UUID:
    actor = current_actor()
    if actor.patient_id is None or actor.proxy_for or actor.organisation_id is not None:
        raise NotFound("this page is about your own record: stop acting for others first")
    return actor.patient_id

"""The page on which a patient asks to be erased, and sees what is kept and why."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory.retention import queries, requests
from ledger.directory.retention.rules import WORDS_MAX
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.patient import own_patient_id
from ledger.web.retention_words import ErasurePage, RequestCard

blueprint = Blueprint("erasure", __name__, url_prefix="/my/erasure")


@blueprint.get("")
@requires(Permission.ERASURE_ASK)
def show() -> str:
    """Say what can be erased, what is kept, why and until when, and how requests went."""
    return _page({})


@blueprint.post("")
@requires(Permission.ERASURE_ASK)
def ask() -> ResponseReturnValue:
    """Ask to be erased."""
    words = request.form.get("words", "").strip()
    if len(words) > WORDS_MAX:
        return _page({"words": f"Write at most {WORDS_MAX} characters"}), 422
    patient_id = own_patient_id()
    with unit_of_work(current_actor()) as work:
        once_form(work)
        requests.ask_erasure(work, patient_id=patient_id, why=words)
    flash("We have your request. You will see the answer here, within one month.", "success")
    return redirect(url_for(".show"), 303)


def _page(errors: dict[str, str]) -> str:
    patient_id, session = own_patient_id(), db.session()
    found = queries.requests_of(session, current_actor(), patient_id)
    today = clock.today()
    return render_template(
        "patient/erasure.jinja",
        page=ErasurePage.of(queries.would_erase(session, patient_id, today=today)),
        cards=[RequestCard.of(view) for view in found],
        open=any(view.outcome is None for view in found),
        words=request.form.get("words", ""),
        words_max=WORDS_MAX,
        errors=errors,
    )

"""Making a choice: one question a page, what will change, check your answers, confirmation.

The answers so far are kept in the session, on the server, and forgotten when they are sent.
Who was asked answers by the same pages; what they cannot choose is not asked again.
"""

from typing import Final
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from ledger.consent import queries, service
from ledger.consent.asking.queries import AskedView
from ledger.consent.service import Recorded, Said
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web import patient_gains
from ledger.web.patient import own_capacity, own_patient_id
from ledger.web.patient_answers import (
    STEPS,
    YES,
    Answers,
    NotAnswered,
    Offers,
    effect,
    until_words,
)
from ledger.web.patient_asked import one_asked
from ledger.web.patient_gains import Gains
from ledger.web.patient_notices import Shelf, others

blueprint = Blueprint("choose", __name__, url_prefix="/my/choose")

_KEPT: Final = "choose"

_QUESTIONS: Final = {
    "what": "What is your choice about?",
    "answer": "May they use information about you for this?",
    "who": "Who may have it?",
    "which": "What may they have?",
    "until": "How long does it hold?",
    "last_day": "What is the last day?",
}
_HINTS: Final = {
    "what": "Each of these is a purpose for which organisations want to use information about you.",
    "answer": "You can change your mind at any time.",
    "who": "Choose all that apply. Nobody else gets it because of your answer.",
    "last_day": "For example, 31/12/2027. That day is included.",
    "which": "Choose all that apply. What you leave out is not passed on because of your answer.",
}


@blueprint.get("/")
@requires(Permission.CONSENT_WITHDRAW)
def what() -> ResponseReturnValue:
    """Begin anew."""
    session.pop(_KEPT, None)
    return redirect(url_for(".ask", step="what"))


@blueprint.get("/asked/<uuid:consent_id>")
@requires(Permission.CONSENT_WITHDRAW)
def answer_asked(consent_id: UUID) -> ResponseReturnValue:
    """Begin with what somebody asked for."""
    asked = one_asked(consent_id)
    offers = _offers(asked)
    found = next((o["value"] for o in offers.options("what", Answers())), None)
    if found is None:
        raise NotFound("this is not on offer any more: the agreement has ended or changed")
    form = Shelf(db.session(), asked).first
    session[_KEPT] = Answers(asked=str(consent_id), form=form, what=found).kept()
    return redirect(url_for(".ask", step="answer"))


@blueprint.get("/form")
@requires(Permission.CONSENT_WITHDRAW)
def ask_form() -> str:
    """Ask in which language and format somebody wants to read about it."""
    answers = Answers.of(session.get(_KEPT))
    return render_template(
        "patient/form.jinja",
        options=Shelf(db.session(), _asked(answers)).options(answers.form),
        back=_next(answers),
        errors={},
    )


@blueprint.post("/form")
@requires(Permission.CONSENT_WITHDRAW)
def take_form() -> ResponseReturnValue:
    """Show everything about this choice in that form from now on."""
    answers = Answers.of(session.get(_KEPT))
    shelf = Shelf(db.session(), _asked(answers))
    values = {**answers.kept(), "form": shelf.known(request.form.get("form", ""))}
    session[_KEPT] = values
    return redirect(_next(Answers.of(values)), 303)


@blueprint.get("/<step>")
@requires(Permission.CONSENT_WITHDRAW)
def ask(step: str) -> ResponseReturnValue:
    """Ask one question."""
    _check(step)
    answers = Answers.of(session.get(_KEPT))
    missing = answers.next_question()
    if missing is not None and STEPS.index(missing) < STEPS.index(step):
        return redirect(url_for(".ask", step=missing))
    return _question(step, answers, {})


@blueprint.post("/<step>")
@requires(Permission.CONSENT_WITHDRAW)
def take(step: str) -> ResponseReturnValue:
    """Take the answer to one question and go on to the next."""
    _check(step)
    answers = Answers.of(session.get(_KEPT))
    offers, today = _offers(_asked(answers)), clock.today()
    try:
        answers = answers.answered(step, request.form.getlist(step), offers, today=today)
    except NotAnswered as refused:
        return _question(step, answers, {refused.field: refused.detail}), 422
    session[_KEPT] = answers.kept()
    return redirect(_next(answers), 303)


@blueprint.get("/check")
@requires(Permission.CONSENT_WITHDRAW)
def check() -> ResponseReturnValue:
    """Show all answers, and what they will change, before anything does."""
    answers = Answers.of(session.get(_KEPT))
    offers = _offers(_asked(answers))
    missing = answers.next_question() if offers.chosen(answers) else "what"
    if missing is not None:
        return redirect(url_for(".ask", step=missing))
    return _check_page(answers, offers, {})


@blueprint.post("/check")
@requires(Permission.CONSENT_WITHDRAW)
def send() -> ResponseReturnValue:
    """Record the choice."""
    answers = Answers.of(session.get(_KEPT))
    offers = _offers(_asked(answers))
    if answers.next_question() is not None or offers.chosen(answers) is None:
        return redirect(url_for(".what"), 303)
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            recorded = _record(work, answers, offers)
    except Invalid as refused:
        return _check_page(answers, offers, {"": refused.detail}), 422
    session.pop(_KEPT, None)
    return redirect(url_for("my.done", consent_id=recorded.consent_id), 303)


def _check(step: str) -> None:
    if step not in STEPS:
        raise NotFound("there is no such question; begin again from your choices")


def _next(answers: Answers) -> str:
    following = answers.next_question()
    return url_for(".ask", step=following) if following else url_for(".check")


def _asked(answers: Answers) -> AskedView | None:
    """Return what the patient answers, if somebody asked.

    Raises:
        NotFound: it has been answered, or its last day is over.
    """
    return one_asked(UUID(answers.asked)) if answers.asked else None


def _record(work: UnitOfWork, answers: Answers, offers: Offers) -> Recorded:
    offer = offers.chosen(answers)
    if offer is None:
        raise NotFound("this is not on offer any more")
    command = service.grant if answers.answer == YES else service.dissent
    shelf = Shelf(work.session, offers.asked)
    notice = shelf.read(answers.form, offers.subject(answers), effect(answers))
    return command(
        work,
        patient_id=own_patient_id(),
        agreement_id=offer.agreement_id,
        choice=offers.choice(answers, today=work.today),
        said=Said(shown=notice.shown, capacity=own_capacity(own_patient_id())),
        answers=offers.asked.consent_id if offers.asked else None,
    )


def _offers(asked: AskedView | None) -> Offers:
    """Return what can be chosen about now."""
    with unit_of_work(current_actor()) as work:
        found = queries.on_offer(work)
    ids = {one for offer in found for one in offer.organisation_ids}
    names = {i: view.name for i, view in directory.organisations(db.session(), ids).items()}
    return Offers(found, names, asked)


def _question(step: str, answers: Answers, errors: dict[str, str]) -> str:
    asked = _asked(answers)
    offers, shelf = _offers(asked), Shelf(db.session(), asked)
    place = STEPS.index(step)
    about = offers.chosen(answers) if step != "what" else None
    if place == 1 and asked is not None:
        back = url_for("asked.show", consent_id=asked.consent_id)
    else:
        back = url_for(".ask", step=STEPS[place - 1]) if place else url_for("my.choices")
    return render_template(
        "patient/question.jinja",
        step=step,
        legend=_QUESTIONS[step],
        caption=offers.why(about) if about else "",
        organisations=offers.names(about) if about and step == "answer" else [],
        notice=shelf.kept(answers.form) if step == "answer" else None,
        others=others(shelf, answers.form) if step == "answer" else "",
        hint=_HINTS.get(step, ""),
        options=[] if step == "last_day" else offers.options(step, answers),
        several=step in {"who", "which"},
        last_day=request.form.get("last_day", answers.last_day),
        back=back,
        errors=errors,
    )


def _check_page(answers: Answers, offers: Offers, errors: dict[str, str]) -> str:
    shelf = Shelf(db.session(), offers.asked)
    changes, refused = _preview(answers, offers)
    return render_template(
        "patient/check.jinja",
        rows=_rows(answers, offers),
        yes=answers.answer == YES,
        notice=shelf.read(answers.form, offers.subject(answers), effect(answers)),
        others=others(shelf, answers.form),
        gains=changes,
        errors=errors or refused,
    )


def _preview(answers: Answers, offers: Offers) -> tuple[Gains | None, dict[str, str]]:
    """Return what would change; or why it cannot be, as the command itself would say it."""
    try:
        found = patient_gains.preview(own_patient_id(), lambda work: _record(work, answers, offers))
    except (Invalid, Conflict) as refused:
        return None, {"": f"{refused.title}: {refused.detail}"}
    return found, {}


def _rows(answers: Answers, offers: Offers) -> list[dict[str, str | None]]:
    offer, subject, yes = offers.chosen(answers), offers.subject(answers), answers.answer == YES
    about = offers.why(offer) if offer else ""
    rows: list[dict[str, str | None]] = [
        {"key": "About", "value": about, "href": None if offers.asked else _to("what")},
        {"key": "Your answer", "value": "Yes" if yes else "No", "href": _to("answer")},
    ]
    who = ", ".join(subject.organisations)
    rows.append({"key": "Who", "value": who, "href": _to("who") if yes else None})
    if yes:
        until = until_words(answers, today=clock.today())
        rows += [
            {"key": "What", "value": ", ".join(subject.categories), "href": _to("which")},
            {"key": "How long", "value": until, "href": _to("until")},
        ]
    return rows


def _to(step: str) -> str:
    return url_for(".ask", step=step)

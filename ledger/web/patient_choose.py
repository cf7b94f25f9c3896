"""Making a choice: one question a page, check your answers, confirmation.

The answers so far are kept in the session, on the server, and forgotten when they are sent.
"""

from typing import Final

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from ledger.consent import queries, service
from ledger.consent.rules import notices
from ledger.consent.rules.choices import ChoiceNotPossible
from ledger.consent.service import Recorded, Said
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.vocabulary import purposes
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
    try:
        today = clock.civil_date(clock.now())
        answers = answers.answered(step, request.form.getlist(step), _offers(), today=today)
    except NotAnswered as refused:
        return _question(step, answers, {refused.field: refused.detail}), 422
    session[_KEPT] = answers.kept()
    following = answers.next_question()
    return redirect(url_for(".ask", step=following) if following else url_for(".check"), 303)


@blueprint.get("/check")
@requires(Permission.CONSENT_WITHDRAW)
def check() -> ResponseReturnValue:
    """Show all answers, and what they will change, before anything does."""
    answers = Answers.of(session.get(_KEPT))
    offers = _offers()
    missing = answers.next_question() if offers.chosen(answers) else "what"
    if missing is not None:
        return redirect(url_for(".ask", step=missing))
    return _check_page(answers, offers, {})


@blueprint.post("/check")
@requires(Permission.CONSENT_WITHDRAW)
def send() -> ResponseReturnValue:
    """Record the choice."""
    answers = Answers.of(session.get(_KEPT))
    offers = _offers()
    if answers.next_question() is not None or offers.chosen(answers) is None:
        return redirect(url_for(".what"), 303)
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            recorded = _record(work, answers, offers)
    except ChoiceNotPossible as refused:
        return _check_page(answers, offers, {"": refused.detail}), 422
    session.pop(_KEPT, None)
    return redirect(url_for("my.done", consent_id=recorded.consent_id), 303)


def _check(step: str) -> None:
    if step not in STEPS:
        raise NotFound("there is no such question; begin again from your choices")


def _record(work: UnitOfWork, answers: Answers, offers: Offers) -> Recorded:
    offer = offers.chosen(answers)
    if offer is None:
        raise NotFound("this is not on offer any more")
    command = service.grant if answers.answer == YES else service.dissent
    return command(
        work,
        patient_id=own_patient_id(),
        agreement_id=offer.agreement_id,
        choice=offers.choice(answers, today=work.today),
        said=Said(shown=offers.shown(answers), capacity=own_capacity(own_patient_id())),
    )


def _offers() -> Offers:
    """Return what can be chosen about now."""
    with unit_of_work(current_actor()) as work:
        found = queries.on_offer(work)
    ids = {one for offer in found for one in offer.organisation_ids}
    names = {i: view.name for i, view in directory.organisations(db.session(), ids).items()}
    return Offers(found, names)


def _question(step: str, answers: Answers, errors: dict[str, str]) -> str:
    offers = _offers()
    place = STEPS.index(step)
    about = offers.chosen(answers) if step != "what" else None
    return render_template(
        "patient/question.jinja",
        step=step,
        legend=_QUESTIONS[step],
        caption=purposes.words(about.purpose) if about else "",
        organisations=offers.names(about) if about and step == "answer" else [],
        hint=_HINTS.get(step, ""),
        options=[] if step == "last_day" else offers.options(step, answers),
        several=step in {"who", "which"},
        last_day=request.form.get("last_day", answers.last_day),
        back=url_for(".ask", step=STEPS[place - 1]) if place else url_for("my.choices"),
        errors=errors,
    )


def _check_page(answers: Answers, offers: Offers, errors: dict[str, str]) -> str:
    subject = offers.subject(answers)
    yes = answers.answer == YES
    rows: list[dict[str, str | None]] = [
        {"key": "About", "value": purposes.words(subject.purpose), "href": _to("what")},
        {"key": "Your answer", "value": "Yes" if yes else "No", "href": _to("answer")},
    ]
    who = ", ".join(subject.organisations)
    rows.append({"key": "Who", "value": who, "href": _to("who") if yes else None})
    if yes:
        today = clock.civil_date(clock.now())
        listed = ", ".join(subject.categories)
        rows += [
            {"key": "What", "value": listed, "href": _to("which")},
            {
                "key": "How long",
                "value": until_words(answers, today=today),
                "href": _to("until"),
            },
        ]
    return render_template(
        "patient/check.jinja",
        rows=rows,
        yes=yes,
        notice=notices.paragraphs(subject, effect(answers)),
        errors=errors,
    )


def _to(step: str) -> str:
    return url_for(".ask", step=step)

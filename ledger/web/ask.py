"""A page for those who give care: ask what may be seen, read the answer and why.

The same question as a system asks by AuthZEN, by hand: for a service without a system, for
training, and for breaking the glass. It leads from a patient who was found.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.access import service
from ledger.access.answers import Answered
from ledger.access.deciding import BREAK_GLASS
from ledger.access.question import Question
from ledger.access.rules.words import REASON_WORDS, Action, Outcome, OverrideReason, Reason
from ledger.agreements.queries.givers import givers
from ledger.core import clock
from ledger.core.authority import Resource, in_force, permits
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.vocabulary import purposes
from ledger.vocabulary.categories import Category
from ledger.web.open_glass import open_glass

blueprint = Blueprint("ask", __name__, url_prefix="/ask")

PURPOSES: Final = {
    "TREAT": "To treat or look after them",
    "CAREMGT": "To arrange their care and support",
    "ETREAT": "To treat them in an emergency",
    "HRESCH": "For research",
    "HQUALIMP": "To make services better",
}
CATEGORY_WORDS: Final = {
    category: category.value.replace("-", " ").capitalize() for category in Category
}
OVERRIDE_WORDS: Final = {
    OverrideReason.UNCONSCIOUS: "They are unconscious",
    OverrideReason.CANNOT_COMMUNICATE: "They cannot make themselves understood",
    OverrideReason.RISK_TO_LIFE: "Their life is at risk",
    OverrideReason.RISK_TO_OTHERS: "Others are at risk",
    OverrideReason.SAFEGUARDING: "They may be abused or neglected",
}
_HOPELESS: Final = frozenset({Reason.NO_ROLE, Reason.ROLE_REACH, Reason.RECUSED, Reason.SUSPENDED})
"""Reasons that breaking the glass does nothing about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """An answer in words.

    Attributes:
        colour: As the library names colours.
        may_override: Breaking the glass could change it, and the reader may.
        may_declare: To say that one cares for the patient could change it.
    """

    title: str
    tag: str
    colour: str
    why: str
    duties: tuple[str, ...]
    entry_id: UUID
    may_override: bool
    may_declare: bool

    @classmethod
    def of(cls, answered: Answered, *, may_override: bool) -> "AnswerView":
        """Present an answer as its requester may read it."""
        decision = answered.decision
        told = decision.told
        partly = told.outcome is Outcome.PERMIT_RESIDUAL
        tag, colour = ("Withheld", "grey")
        if answered.permits:
            tag, colour = ("In part", "yellow") if partly else ("Allowed", "green")
        titles = {
            "Withheld": "Information is withheld",
            "In part": "You may see part of this",
            "Allowed": "You may see this",
        }
        duties: tuple[str, ...] = ()
        if partly:
            duties = (
                "The system that holds it shows you only what the patient agreed to.",
                "Do not take what you do not see for something that is not there: ask the patient.",
            )
        if decision.verdict.outcome is Outcome.PERMIT_BY_OVERRIDE:
            duties = ("The patient is told.", "Somebody else reviews why you did this.")
        helps = not answered.permits and told.reason not in _HOPELESS
        return cls(
            title=titles[tag],
            tag=tag,
            colour=colour,
            why=REASON_WORDS[told.reason],
            duties=duties,
            entry_id=answered.entry_id,
            may_override=may_override and helps,
            may_declare=told.reason in {Reason.NO_CARE_RELATIONSHIP, Reason.NOT_AVAILABLE},
        )


@blueprint.get("/<uuid:patient_id>")
@requires(Permission.ACCESS_ASK)
def form(patient_id: UUID) -> str:
    """Ask what somebody would see, where, and what for."""
    return form_page(patient_id, {}, {"purpose": "TREAT", "holder": str(organisation_id())})


@blueprint.post("/<uuid:patient_id>")
@requires(Permission.ACCESS_ASK)
def answer(patient_id: UUID) -> ResponseReturnValue:
    """Show the answer. That it was asked is recorded, and the patient can see it."""
    given = {name: request.form.get(name, "") for name in ("category", "holder", "purpose")}
    errors = faults(given)
    if errors:
        return form_page(patient_id, errors, given), 422
    return answer_page(patient_id, given)


def answer_page(patient_id: UUID, given: Mapping[str, str]) -> str:
    """Ask, and show the answer."""
    actor, session = current_actor(), db.session()
    question = Question(
        person_id=actor.id,
        organisation_id=organisation_id(),
        action=Action.ACCESS,
        patient_id=patient_id,
        category=Category(given["category"]),
        holder_id=UUID(given["holder"]),
        purpose=given["purpose"],
    )
    answered = service.evaluate(session, actor, question, now=clock.now())
    ours = frozenset({question.organisation_id})
    here = Resource(patient_id=patient_id, organisation_ids=ours)
    may = permits(in_force(), actor, Permission.ACCESS_OVERRIDE, here)
    names = directory.organisations(session, [question.holder_id])
    holder = names.get(question.holder_id)
    return render_template(
        "ask/answer.jinja",
        answer=AnswerView.of(answered, may_override=may),
        asked=[
            {"key": "What", "value": CATEGORY_WORDS[question.category]},
            {
                "key": "Held by",
                "value": "an unknown organisation" if holder is None else holder.name,
            },
            {"key": "What for", "value": _purpose(question.purpose)},
        ],
        given=given,
        patient_id=patient_id,
        glass=open_glass(session, actor, patient_id),
    )


def form_page(patient_id: UUID, errors: Mapping[str, str], given: Mapping[str, str]) -> str:
    """Show the question, with what is wrong about it."""
    session, own = db.session(), organisation_id()
    found = directory.organisations(session, {own, *givers(session, to_party=own)})
    holders = sorted(found.values(), key=lambda one: (one.id != own, one.name))
    return render_template(
        "ask/form.jinja",
        errors=errors,
        back=url_for("patients.ask"),
        patient_id=patient_id,
        glass=open_glass(session, current_actor(), patient_id),
        categories=options(CATEGORY_WORDS.items(), given.get("category", ""), mark="selected"),
        holders=options(((str(one.id), one.name) for one in holders), given.get("holder", "")),
        purposes=options(PURPOSES.items(), given.get("purpose", "")),
    )


def faults(given: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong about a question, by field."""
    errors = {}
    if given["category"] not in set(Category):
        errors["category"] = "Choose what you would like to see"
    try:
        UUID(given["holder"])
    except ValueError:
        errors["holder"] = "Choose who has it"
    if given["purpose"] not in {*PURPOSES, BREAK_GLASS}:
        errors["purpose"] = "Choose what it is for"
    return errors


def organisation_id() -> UUID:
    """Return whom the signed-in person acts for.

    Raises:
        NotFound: nobody.
    """
    own = current_actor().organisation_id
    if own is None:
        raise NotFound("you act for no organisation; choose a role first")
    return own


def _purpose(code: str) -> str:
    if code == BREAK_GLASS:
        return "An emergency, with the glass broken"
    return PURPOSES.get(code) or purposes.words(code)


def options(
    words: Iterable[tuple[str, str]], chosen: str, *, mark: str = "checked"
) -> list[dict[str, Any]]:
    """Return what can be chosen, as the form components take it."""
    return [{"value": str(v), "text": text, mark: str(v) == chosen} for v, text in words]

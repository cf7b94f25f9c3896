"""The start page: for a visitor what this is; for somebody signed in, what waits for them.

What waits comes from one function an area, listed in `WAITING`: it reads its own queries and
returns tasks, most pressing first. It never reads what its actor may not see.
"""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template

from ledger.core import clock
from ledger.core.db import db
from ledger.edge.guard import public, signed_in
from ledger.web import (
    agreement_duties,
    agreements,
    break_glass,
    directory_care,
    funding_inbox,
    import_inbox,
    look_questions,
    matter_answers,
    motion_pages,
    navigation,
    overspend_inbox,
    patient_asked,
    patient_looks,
    patient_mistakes,
    privacy_desk,
    publication_inbox,
    reconciliation_inbox,
    retention,
    return_inbox,
    reviews,
)
from ledger.web.tasks import Waiting, by_sort

blueprint = Blueprint("home", __name__)


WAITING: Final[tuple[Waiting, ...]] = (
    patient_asked.waiting,
    patient_looks.waiting,
    patient_mistakes.waiting,
    motion_pages.waiting,
    agreements.waiting,
    agreement_duties.owed,
    funding_inbox.waiting,
    import_inbox.waiting,
    return_inbox.waiting,
    reconciliation_inbox.waiting,
    overspend_inbox.waiting,
    publication_inbox.waiting,
    break_glass.waiting,
    matter_answers.waiting,
    look_questions.waiting,
    reviews.waiting,
    privacy_desk.waiting,
    directory_care.waiting,
    retention.waiting,
)


@dataclass(frozen=True, slots=True)
class Trust:
    """Who is relied on for what, and how that can be checked."""

    who: str
    what: str
    check: str


TRUST: Final = (
    Trust(
        "The organisation that runs this service",
        "Keeps it running, keeps personal details secret, and lets in only those it should.",
        "It cannot change or remove what was recorded without that being noticed: "
        "the log can be checked by others, on their own computers.",
    ),
    Trust(
        "The people who sign in",
        "What they write down is true. The ledger shows who said what, and when.",
        "Each entry names who made it. Each person concerned can see it and object.",
    ),
    Trust(
        "The provider that signs people in",
        "A person is who they say they are.",
        "The evidence it gives is kept with each signature.",
    ),
    Trust(
        "Those who keep a copy of a checkpoint",
        "They saw the same log as everybody else.",
        "Two checkpoints of one log can be compared; a log that was rewritten fails.",
    ),
)


@blueprint.get("/")
@public("the first page anybody sees; shows their own to those who have signed in")
def start() -> str:
    """Show what this is, or what waits for whoever is signed in."""
    actor = signed_in()
    if actor is None:
        rows = [(one.who, one.what, one.check) for one in TRUST]
        return render_template("home/welcome.jinja", trust_rows=rows)
    session, today = db.session(), clock.today()
    waiting = by_sort(task for ask in WAITING for task in ask(session, actor, today))
    return render_template(
        "home/home.jinja",
        waiting=waiting,
        places=tuple(navigation.places(actor)),
        greeting=navigation.acting_as(actor),
    )

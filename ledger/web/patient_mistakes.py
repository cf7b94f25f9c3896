"""Mistakes with a patient's information: wrongly recorded, or seen by who should not have."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from ledger.access.breaches import queries
from ledger.access.breaches.queries import BreachView
from ledger.access.queries import may_see_history
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.permissions import Permission
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.web.patient import own_patient_id
from ledger.web.shell import day, moment
from ledger.web.tasks import Sort, Task

blueprint = Blueprint("mistakes", __name__, url_prefix="/my/mistakes")

_DAYS_NEW: Final = 30
_CHOICE: Final = "Another person’s choice was put in your record. It counts no more."
_UPHELD: Final = "Somebody looked who should not have. You were right to complain."


@dataclass(frozen=True, slots=True, kw_only=True)
class MistakeCard:
    """One mistake: whose, what was seen, and what came of it."""

    who: str
    what: str
    found: str
    seen: str
    state: str
    colour: str

    @classmethod
    def of(cls, view: BreachView, name: str) -> Self:
        """Present it."""
        times = "once" if view.decisions == 1 else f"{view.decisions} times"
        due = day(clock.civil_date(view.due_at))
        state, colour = f"They have to find out what happened by {due}", "yellow"
        if view.settled_at is not None:
            told = "The Information Commissioner was told"
            quiet = "They found that it need not be reported"
            state, colour = (told, "blue") if view.notified else (quiet, "green")
        return cls(
            who=name,
            what=_CHOICE if view.consent_id else _UPHELD,
            found=moment(view.found_at),
            seen=f"Because of it, information about you may have been seen {times}.",
            state=state,
            colour=colour,
        )


@blueprint.get("")
@requires(Permission.ACCESS_HISTORY)
def show() -> str:
    """Show each mistake, what was seen by it, and what came of it."""
    session, patient_id = db.session(), own_patient_id()
    may_see_history(session, current_actor(), patient_id)
    return render_template("patient/mistakes.jinja", cards=_cards(session, patient_id))


def waiting(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return the mistakes of late, for the patient's own start page."""
    if actor.patient_id is None or actor.organisation_id is not None or actor.proxy_for:
        return []
    try:
        may_see_history(session, actor, actor.patient_id)
    except NotFound:  # Not by this sign-in.
        return []
    found = queries.of_patient(session, actor.patient_id)
    new = [one for one in found if (today - clock.civil_date(one.found_at)).days <= _DAYS_NEW]
    if not new:
        return []
    return [
        Task(
            text="A mistake was made with your information",
            href=url_for("mistakes.show"),
            hint="See what it was, and what was seen because of it.",
            status="New",
            colour="orange",
            sort=Sort.LOOK,
        )
    ]


def _cards(session: Session, patient_id: UUID) -> list[MistakeCard]:
    found = queries.of_patient(session, patient_id)
    names = directory.organisations(session, {one.organisation_id for one in found})
    gone = "an organisation that is no longer listed"
    return [
        MistakeCard.of(
            one, names[one.organisation_id].name if one.organisation_id in names else gone
        )
        for one in found
    ]

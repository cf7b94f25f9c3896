"""Pages on care that somebody declared: its review, and what the patient sees of look-ups."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.queries import DeclarationView, NoticedView
from ledger.directory.rules.care import DeclarationWithoutReason, DeclaredReason
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.shell import day as in_words
from ledger.web.shell import moment
from ledger.web.tasks import Task

blueprint = Blueprint("care", __name__)

REASON_WORDS: Final = {
    DeclaredReason.URGENT_CALL: "You called for urgent help",
    DeclaredReason.AMBULANCE: "They were with you in an ambulance",
    DeclaredReason.LOCUM: "They stood in for somebody for a time",
    DeclaredReason.REFERRAL: "You were referred to them",
    DeclaredReason.COVER: "They covered for a colleague",
}
_REVIEW_WORDS: Final = {
    DeclaredReason.URGENT_CALL: "Urgent call",
    DeclaredReason.AMBULANCE: "Ambulance",
    DeclaredReason.LOCUM: "Locum",
    DeclaredReason.REFERRAL: "Referral",
    DeclaredReason.COVER: "Cover for a colleague",
}


@dataclass(frozen=True, slots=True)
class DeclarationCard:
    """One declaration in words, for whoever reviews it."""

    id: UUID
    who: str
    since: str
    reason: str
    words: str
    status: str
    colour: str
    waits: bool

    @classmethod
    def of(cls, view: DeclarationView, *, name: str | None) -> "DeclarationCard":
        """Present a declaration. Who the patient is, a review need not know."""
        status, colour = {
            None: ("To be reviewed", "blue"),
            True: ("Justified", "green"),
            False: ("Not justified", "red"),
        }[view.justified]
        return cls(
            view.id,
            name or "Name erased",
            in_words(view.from_on),
            _REVIEW_WORDS[view.reason],
            view.words or "What they said is erased.",
            status,
            colour,
            view.reviewed_at is None,
        )


def noticed_row(view: NoticedView, *, organisation: str | None) -> tuple[str, str, str]:
    """Say to a patient when somebody did what, and where they work."""
    who = f"Somebody at {organisation}" if organisation else "The service itself"
    if view.reason is not None:
        what = f"Said that they care for you, for a week. {REASON_WORDS[view.reason]}."
    elif view.answered:
        what = "Found you by your NHS number and date of birth."
    else:
        what = "Gave your NHS number and date of birth, and was not told who you are."
    return moment(view.at), who, what


@blueprint.get("/declared-care")
@requires(Permission.CARE_REVIEW)
def declared() -> str:
    """Show what was declared at one's organisation; what waits for a review comes first."""
    return _declared_page({})


@blueprint.post("/declared-care/<uuid:relationship_id>")
@requires(Permission.CARE_REVIEW)
def review(relationship_id: UUID) -> ResponseReturnValue:
    """Close a review."""
    found = request.form.get("justified")
    if found not in ("yes", "no"):
        return _declared_page({f"yes-{relationship_id}": "Choose whether it was justified"}), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.review_declaration(
                work,
                relationship_id=relationship_id,
                justified=found == "yes",
                finding=request.form.get("finding", ""),
            )
    except DeclarationWithoutReason as refused:
        sentence = refused.detail[:1].upper() + refused.detail[1:]
        return _declared_page({f"finding-{relationship_id}": sentence}), 422
    flash("The review is closed.", "success")
    return redirect(url_for("care.declared"), 303)


@blueprint.get("/my/looked-up")
@requires(Permission.ACCESS_HISTORY)
def noticed() -> str:
    """Show a patient who looked them up, and who said that they care for them."""
    patient_id = current_actor().patient_id
    if patient_id is None:
        raise NotFound("no record is linked to your sign-in; ask where you are a patient")
    limit, after = cursors.limit(), cursors.after(of="noticed", shape=(int,))
    views = queries.noticed(
        db.session(), patient_id, before=after[0] if after else None, limit=limit + 1
    )
    shown = views[:limit]
    ids = {view.organisation_id for view in shown if view.organisation_id}
    names = {key: view.name for key, view in queries.organisations(db.session(), ids).items()}
    rows = [
        noticed_row(view, organisation=names.get(view.organisation_id or patient_id))
        for view in shown
    ]
    older = cursors.page_href((shown[-1].position,), of="noticed") if len(views) > limit else None
    return render_template("directory/noticed.jinja", rows=rows, older=older)


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return the declarations that wait for the reader's review, as one task."""
    at = actor.organisation_id
    if at is None or Role.PRIVACY_OFFICER not in actor.roles:
        return []
    views = queries.declarations(session, at)
    count = sum(view.reviewed_at is None and view.person_id != actor.id for view in views)
    if not count:
        return []
    text = "Somebody declared that they care for a patient"
    status = "1 to review" if count == 1 else f"{count} to review"
    return [Task(text, url_for("care.declared"), "Look at why, and close the review", status)]


def _declared_page(errors: dict[str, str]) -> str:
    at = current_actor().organisation_id
    if at is None:
        raise Invalid("choose the role in which you review this, and try again")
    views = queries.declarations(db.session(), at)
    names = queries.person_names(db.session(), [view.person_id for view in views])
    cards = [DeclarationCard.of(view, name=names.get(view.person_id)) for view in views]
    return render_template("directory/declared.jinja", cards=cards, errors=errors)

"""Minutes of a motion: what was asked, who could vote, the count, and what came of it, to print."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from flask import Blueprint, render_template

from audit import Entry
from ledger.core import clock
from ledger.core.as_said import log_size
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.edge.guard import current_actor, requires
from ledger.governance.motions import entries, queries, told
from ledger.governance.motions.rules import State, check_state
from ledger.governance.motions.told import Interest, Told
from ledger.web.motion_names import GONE, names_of, transaction_of
from ledger.web.motion_words import Names, page_of
from ledger.web.shell import moment

blueprint = Blueprint("motion_minutes", __name__, url_prefix="/motions")

CLOSED: Final = (State.PASSED, State.LOST, State.NO_QUORUM, State.LAPSED)
KINDS: Final[Mapping[type[Entry], str]] = {
    entries.MotionProposed: "Proposed",
    entries.MotionSeconded: "Seconded",
    entries.InterestDeclared: "An interest declared",
    entries.VoteOpened: "Vote opened",
    entries.VoteClosed: "Vote closed and counted",
    entries.MotionExecuted: "Carried out",
    entries.MotionNotExecuted: "Could not be carried out",
}


@blueprint.get("/<uuid:motion_id>/minutes")
@requires(Permission.MOTION_READ)
def show(motion_id: UUID) -> str:
    """Show the minutes of a motion whose vote is closed."""
    session, actor, now = db.session(), current_actor(), clock.now()
    view = queries.motion(session, actor, motion_id, on=clock.civil_date(now))
    check_state(view.state, *CLOSED)
    declared = told.interests(session, motion_id)
    size = log_size(session)
    said = told.entries(session, motion_id, body_id=view.body_id, size=size)
    people = frozenset(one.person_id for one in declared)
    names = names_of(session, actor, view, also=people)
    return render_template(
        "motions/minutes.jinja",
        view=view,
        page=page_of(view, names, moment),
        interests=interest_words(declared, names),
        entries=entry_rows(said),
        whole=any(one.kind is entries.VoteClosed for one in said),
        size=size,
        printed=moment(now),
        tried=moment(view.tried_at) if view.tried_at else "",
        transaction=transaction_of(session, actor, view),
    )


def interest_words(declared: Sequence[Interest], names: Names) -> list[str]:
    """Say who declared an interest, and whether they stepped aside."""
    did = {True: "stepped aside", False: "had it noted, and could vote"}
    return [
        f"{names.get(one.person_id, GONE)}, for the seat {names.get(one.seat_id, 'of the body')}:"
        f" {did[one.recused]}."
        for one in declared
    ]


def entry_rows(said: Sequence[Told]) -> list[list[object]]:
    """Return what each entry tells, when, and its number."""
    return [
        [KINDS[one.kind], moment(one.at), {"text": f"{one.index:,}", "numeric": True}]
        for one in said
    ]

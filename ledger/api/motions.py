"""Motions over HTTP: how a body decides, what it is asked, its votes, and what came of them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from ledger.api.motions_schemas import (
    BallotIn,
    BoardIn,
    BoardOut,
    InterestIn,
    MotionIn,
    MotionOut,
    MotionsOut,
    OutcomeOut,
    PreviewOut,
    VoteIn,
    VotingRulesIn,
)
from ledger.api.shell import Blueprint as Described
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done
from ledger.funding.boards import service as boards
from ledger.governance.motions import carrying, queries, service

blueprint = Blueprint("motions", __name__, url_prefix="/api/v1")


@blueprint.put("/bodies/<uuid:body_id>/voting-rules")
@Described.takes(VotingRulesIn)
@Described.answers(204)
@requires(Permission.SEAT_APPOINT)
def set_rules(body_id: UUID) -> ResponseReturnValue:
    """Say how a body decides from now on."""
    rules = VotingRulesIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, service.set_rules, body_id, rules=rules)
    return "", 204


@blueprint.post("/bodies/<uuid:body_id>/dissolution")
@Described.answers(204)
@requires(Permission.SEAT_APPOINT)
def dissolve(body_id: UUID) -> ResponseReturnValue:
    """End a body: it decides nothing any more."""
    with unit_of_work(current_actor()) as work:
        once_done(work, service.dissolve, body_id)
    return "", 204


@blueprint.post("/pools/<uuid:pool_id>/board")
@Described.takes(BoardIn)
@Described.answers(200, BoardOut)
@requires(Permission.POOL_APPROVE)
def agree_board(pool_id: UUID) -> ResponseReturnValue:
    """Agree, for a partner, that a body decides about a pool's budget."""
    asked = BoardIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        return once(work, lambda: {"decides": boards.agree_board(work, pool_id, **asked)})


@blueprint.get("/motions")
@Described.answers(200, MotionsOut)
@requires(Permission.MOTION_READ)
def motions() -> ResponseReturnValue:
    """List the motions that one may read, the newest first."""
    return _listed(None)


@blueprint.get("/bodies/<uuid:body_id>/motions")
@Described.answers(200, MotionsOut)
@requires(Permission.MOTION_READ)
def of_body(body_id: UUID) -> ResponseReturnValue:
    """List a body's motions, the newest first."""
    return _listed(body_id)


@blueprint.post("/bodies/<uuid:body_id>/motions")
@Described.takes(MotionIn)
@requires(Permission.MOTION_PROPOSE)
def propose(body_id: UUID) -> ResponseReturnValue:
    """Propose a motion to a body on which one holds a seat."""
    asked = MotionIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        made = once(work, lambda: {"id": str(service.propose(work, body_id, **asked))})
    return made, 201, {"Location": url_for("motions.motion", motion_id=made["id"])}


@blueprint.get("/motions/<uuid:motion_id>")
@Described.answers(200, MotionOut)
@requires(Permission.MOTION_READ)
def motion(motion_id: UUID) -> ResponseReturnValue:
    """Read a motion: its words, its effect, the roll, the count, and what came of it."""
    return _shown(motion_id)


@blueprint.get("/motions/<uuid:motion_id>/preview")
@Described.answers(200, PreviewOut)
@requires(Permission.MOTION_READ)
def preview(motion_id: UUID) -> ResponseReturnValue:
    """See what would come of a motion if it passed now; nothing is recorded."""
    dumped: dict[str, Any] = PreviewOut().dump(service.preview(current_actor(), motion_id))
    return dumped


@blueprint.post("/motions/<uuid:motion_id>/second")
@Described.answers(200, MotionOut)
@requires(Permission.MOTION_PROPOSE)
def second(motion_id: UUID) -> ResponseReturnValue:
    """Support somebody else's motion, so that it may be voted on."""
    return _done(motion_id, lambda work: service.second(work, motion_id))


@blueprint.post("/motions/<uuid:motion_id>/withdrawal")
@Described.answers(200, MotionOut)
@requires(Permission.MOTION_PROPOSE)
def withdraw(motion_id: UUID) -> ResponseReturnValue:
    """Take one's own motion back before the vote."""
    return _done(motion_id, lambda work: service.withdraw(work, motion_id))


@blueprint.post("/motions/<uuid:motion_id>/vote")
@Described.takes(VoteIn)
@Described.answers(200, MotionOut)
@requires(Permission.MOTION_CLOSE)
def open_vote(motion_id: UUID) -> ResponseReturnValue:
    """Open the vote: the roll is made of whoever holds a seat now."""
    asked = VoteIn().load(request.get_json())
    return _done(motion_id, lambda work: service.open_vote(work, motion_id, **asked))


@blueprint.put("/motions/<uuid:motion_id>/ballot")
@Described.takes(BallotIn)
@Described.answers(204)
@requires(Permission.MOTION_VOTE)
def cast(motion_id: UUID) -> ResponseReturnValue:
    """Vote. By name it may be changed until the close; in secret it may not.

    No ``Idempotency-Key`` is taken: what is kept under one would join a ballot to its voter.
    """
    asked = BallotIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        service.cast(work, motion_id, **asked)
    return "", 204


@blueprint.post("/motions/<uuid:motion_id>/interest")
@Described.takes(InterestIn)
@Described.answers(204)
@requires(Permission.MOTION_VOTE)
def declare(motion_id: UUID) -> ResponseReturnValue:
    """Declare an interest of one's own. Who steps aside does not read the motion any more."""
    asked = InterestIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, service.declare, motion_id, **asked)
    return "", 204


@blueprint.post("/motions/<uuid:motion_id>/close")
@Described.answers(200, OutcomeOut)
@requires(Permission.MOTION_CLOSE)
def close(motion_id: UUID) -> ResponseReturnValue:
    """Count the vote; what passed is then carried out."""
    decision = carrying.close_and_carry_out(current_actor(), motion_id)
    found = _shown(motion_id)
    return {"outcome": decision.outcome, "because": decision.because, "motion": found}


@blueprint.post("/motions/<uuid:motion_id>/execution")
@Described.answers(200, MotionOut)
@requires(Permission.MOTION_CLOSE)
def execute(motion_id: UUID) -> ResponseReturnValue:
    """Try again what a motion that passed should carry out."""
    return _done(motion_id, lambda work: service.execute(work, motion_id))


def _done(motion_id: UUID, command: Callable[[UnitOfWork], object]) -> dict[str, Any]:
    with unit_of_work(current_actor()) as work:
        once_done(work, command)
    return _shown(motion_id)


def _shown(motion_id: UUID) -> dict[str, Any]:
    today = clock.today()
    found = queries.motion(db.session(), current_actor(), motion_id, on=today)
    dumped: dict[str, Any] = MotionOut().dump(found)
    return dumped


def _listed(body_id: UUID | None) -> dict[str, Any]:
    today = clock.today()
    found = queries.motions(db.session(), current_actor(), on=today, body_id=body_id)
    return {"items": MotionOut(many=True).dump(found)}

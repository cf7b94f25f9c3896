"""While a vote is open: casting a ballot, and stepping aside."""

from uuid import UUID

from ledger.core.errors import Conflict, Forbidden
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.governance.models import Seat
from ledger.governance.motions.entries import BallotCast, InterestDeclared, VoteCast
from ledger.governance.motions.models import BallotBox
from ledger.governance.motions.rules import Choice, State, check_state
from ledger.governance.motions.service.holding import HeldMotion, acting_person, hold_motion


class NotOnTheRoll(Forbidden):
    """The seat may not vote on this, or whoever asks does not hold it."""

    slug = "not-on-the-roll"
    title = "You cannot vote for that seat here"


class WhichSeat(Conflict):
    """Who holds two seats says for which of them they vote."""

    slug = "say-which-seat"
    title = "Say for which of your seats you vote"


class VoteOver(Conflict):
    """The time to vote is over, whether or not it has been counted yet."""

    slug = "vote-over"
    title = "The time to vote is over"


class VotedAlready(Conflict):
    """A secret ballot cannot be taken back, and the same vote twice changes nothing."""

    slug = "voted-already"
    title = "You have voted on this"


def cast(work: UnitOfWork, motion_id: UUID, *, choice: Choice, seat_id: UUID | None = None) -> None:
    """Vote for a seat that one holds; in an open vote by name, also otherwise than before.

    Args:
        work: The unit of work.
        motion_id: Which motion.
        choice: What the ballot says.
        seat_id: For which seat; may be left out by whoever has one.

    Raises:
        NotFound: there is no such motion, or they may not read it.
        WrongState: the vote is not open.
        VoteOver: its time is over.
        NeedsASeat, NotOnTheRoll: not for that seat.
        WhichSeat: they hold several.
        VotedAlready: in secret, or just like that.
    """
    motion = hold_motion(work, motion_id)
    work.authorise(Permission.MOTION_VOTE, on=motion.resource)
    person_id = acting_person(work, motion.body)
    check_state(State(motion.row.state), State.OPEN)
    if motion.row.closes_at is not None and work.now >= motion.row.closes_at:
        raise VoteOver("nothing was changed; it is counted now")
    seat_id = _seat(motion, person_id, seat_id)
    work.load(Seat, seat_id, to_change=False)  # Nobody ends the term between here and the commit.
    seat = motion.seats[seat_id]
    body_id = motion.body.id
    if motion.rules.secret:
        if seat.voted:
            raise VotedAlready("a ballot is not taken out of the box again")
        _drop(work, motion_id, choice)
        work.record(
            BallotCast(motion_id=motion_id, body_id=body_id, seat_id=seat_id, person_id=person_id)
        )
        return
    if seat.choice == choice:
        raise VotedAlready("nothing was changed: you voted like that before")
    work.record(
        VoteCast(
            motion_id=motion_id,
            body_id=body_id,
            seat_id=seat_id,
            person_id=person_id,
            choice=choice,
        )
    )


def declare(work: UnitOfWork, motion_id: UUID, *, recused: bool) -> None:
    """Declare an interest of one's own; step aside, or have it noted and go on.

    Stepping aside is for good, and for every seat that one holds. A vote by name that was
    cast before is void; one that was cast in secret cannot be, so that is refused.

    Raises:
        NotFound: there is no such motion, or they may not read it any more.
        WrongState: the vote is over.
        NeedsASeat: they hold no seat.
        VotedAlready: in secret.
    """
    motion = hold_motion(work, motion_id)
    seats = motion.body.seats_of(work.actor.person_id)
    work.authorise(Permission.MOTION_VOTE, on=motion.resource, records=len(seats))
    person_id = acting_person(work, motion.body)
    check_state(State(motion.row.state), State.PROPOSED, State.OPEN)
    voted = any(motion.seats[one].voted for one in seats if one in motion.seats)
    if recused and voted and motion.rules.secret:
        raise VotedAlready("a ballot is not taken out of the box again; tell the chair")
    for seat_id in seats:
        work.record(
            InterestDeclared(
                motion_id=motion_id,
                body_id=motion.body.id,
                seat_id=seat_id,
                person_id=person_id,
                recused=recused,
            )
        )


def _seat(motion: HeldMotion, person_id: UUID, wanted: UUID | None) -> UUID:
    """Return for which seat somebody votes: on the roll, theirs then, and theirs still."""
    then = {one.seat_id for one in motion.roll if one.person_id == person_id}
    mine = [one for one in motion.body.seats_of(person_id) if one in then]
    if wanted is None and len(mine) > 1:
        raise WhichSeat("you hold several: each has a ballot of its own")
    if not mine or wanted not in (None, *mine):
        raise NotOnTheRoll("the roll was made when the vote was opened")
    return wanted or mine[0]


def _drop(work: UnitOfWork, motion_id: UUID, choice: Choice) -> None:
    """Put a ballot into the box: a sum goes up, and nothing says by whom or when."""
    box = work.session.get(
        BallotBox, (motion_id, choice), with_for_update=True, populate_existing=True
    )
    if box is None:
        work.session.add(BallotBox(motion_id=motion_id, choice=choice, ballots=1))
    else:
        box.ballots += 1

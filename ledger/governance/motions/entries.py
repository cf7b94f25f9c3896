"""What motions write to the audit log. All of it is about the body; none of it is secret."""

from datetime import datetime
from uuid import UUID

from audit import Entry, about, entry
from ledger.governance.motions.counting import Because, Count, RollSeat
from ledger.governance.motions.rules import Choice, State, VotingRules


@entry("governance.voting-rules-set")
class VotingRulesSet(Entry):
    """How a body decides from now on. Votes that are open go on by the rules they began with."""

    body_id: UUID = about("body")
    rules: VotingRules


@entry("governance.body-dissolved")
class BodyDissolved(Entry):
    """A body decides nothing any more."""

    body_id: UUID = about("body")


@entry("governance.motion-proposed")
class MotionProposed(Entry):
    """Somebody asks a body to decide something.

    Attributes:
        resolution: The words that are decided on. Nothing in them is about a patient.
        effect: What is carried out if it passes; None for words alone.
        parameters: Of the effect, as canonical JSON.
    """

    motion_id: UUID
    body_id: UUID = about("body")
    seat_id: UUID
    mover_id: UUID = about("person")
    title: str
    resolution: str
    effect: str | None
    parameters: str | None


@entry("governance.motion-seconded")
class MotionSeconded(Entry):
    """Another person supports a motion, so that it may be voted on."""

    motion_id: UUID
    body_id: UUID = about("body")
    seat_id: UUID
    person_id: UUID = about("person")


@entry("governance.motion-withdrawn")
class MotionWithdrawn(Entry):
    """Its mover takes a motion back before the vote."""

    motion_id: UUID
    body_id: UUID = about("body")


@entry("governance.interest-declared")
class InterestDeclared(Entry):
    """Somebody who holds a seat has an interest of their own in a motion.

    Attributes:
        recused: They step aside; if not, it is noted and they vote.
    """

    motion_id: UUID
    body_id: UUID = about("body")
    seat_id: UUID
    person_id: UUID = about("person")
    recused: bool


@entry("governance.vote-opened")
class VoteOpened(Entry):
    """A body votes, by these rules, with this roll."""

    motion_id: UUID
    body_id: UUID = about("body")
    closes_at: datetime
    rules: VotingRules
    roll: tuple[RollSeat, ...]


@entry("governance.vote-cast")
class VoteCast(Entry):
    """A seat votes by name, or votes otherwise than before."""

    motion_id: UUID
    body_id: UUID = about("body")
    seat_id: UUID
    person_id: UUID = about("person")
    choice: Choice


@entry("governance.ballot-cast")
class BallotCast(Entry):
    """A seat has voted in secret. What it voted is in no entry."""

    motion_id: UUID
    body_id: UUID = about("body")
    seat_id: UUID
    person_id: UUID = about("person")


@entry("governance.vote-reminded")
class VoteReminded(Entry):
    """A vote closes soon, and whoever has not voted is told."""

    motion_id: UUID
    body_id: UUID = about("body")


@entry("governance.vote-closed")
class VoteClosed(Entry):
    """What came of a vote, and the whole count."""

    motion_id: UUID
    body_id: UUID = about("body")
    outcome: State
    because: Because
    count: Count


@entry("governance.motion-executed")
class MotionExecuted(Entry):
    """What a motion decided was carried out.

    Attributes:
        result: What was made, as ``sort:id``.
        waiting: It waits for the approval of others.
    """

    motion_id: UUID
    body_id: UUID = about("body")
    effect: str
    result: str
    waiting: bool


@entry("governance.motion-not-executed")
class MotionNotExecuted(Entry):
    """A motion passed and could not be carried out. It stays passed.

    Attributes:
        problem: The slug of what refused it.
    """

    motion_id: UUID
    body_id: UUID = about("body")
    effect: str
    problem: str

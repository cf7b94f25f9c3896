"""Reads that other areas and the edges may use. They return values, never rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.orm import Session

from audit.values import from_json
from ledger.core import authority
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.permissions import Permission, Relation
from ledger.governance.models import Body, Seat, SeatTerm
from ledger.governance.motions import effects
from ledger.governance.motions.counting import Because, Count
from ledger.governance.motions.models import BodyRules, Motion, MotionSeat
from ledger.governance.motions.rules import Choice, State, VotingRules
from ledger.governance.rules import StakeholderClass

SEATED: Final = Resource(held=frozenset({Relation.OWN}))
"""What a decision about a body depends on for whoever holds a seat of it, and no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollView:
    """A seat on a roll.

    Attributes:
        choice: What it voted by name, so far; None where it has not, or in secret.
        recused: Its holder has stepped aside.
        interest: Its holder has an interest that was noted.
    """

    seat_id: UUID
    title: str
    stakeholder: StakeholderClass
    person_id: UUID
    voted: bool
    choice: Choice | None
    recused: bool
    interest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionView:
    """A motion, whole.

    Attributes:
        parameters: Of its effect, as the effect's own dataclass; None for words alone.
        roll: Empty until the vote is opened.
        problem: What refused its effect when that was last tried.
        result: What its effect made, as ``sort:id``.
        waiting: What it made waits for the approval of others.
    """

    id: UUID
    entry_id: UUID
    body_id: UUID
    body: str
    host_id: UUID
    title: str
    resolution: str
    effect: str | None
    parameters: object
    mover_id: UUID
    proposed_at: datetime
    seconder_id: UUID | None
    state: State
    rules: VotingRules | None
    closes_at: datetime | None
    closed_at: datetime | None
    because: Because | None
    count: Count | None
    tried_at: datetime | None
    problem: str | None
    result: str | None
    waiting: bool
    roll: tuple[RollView, ...]

    @property
    def to_carry_out(self) -> bool:
        """Whether it passed, and what it decided has still to be carried out."""
        return self.state is State.PASSED and self.effect is not None and self.result is None

    def seats_of(self, person_id: UUID | None) -> tuple[RollView, ...]:
        """Return the seats on the roll that somebody may vote for."""
        return tuple(one for one in self.roll if one.person_id == person_id and not one.recused)


def motions(
    session: Session, actor: Actor, *, on: date, body_id: UUID | None = None
) -> Sequence[MotionView]:
    """Return the motions that an actor may read, the newest first."""
    chosen = select(Motion).where(readable(actor, on))
    if body_id is not None:
        chosen = chosen.where(Motion.body_id == body_id)
    return _views(session, session.scalars(chosen.order_by(Motion.id.desc())).all())


def motion(session: Session, actor: Actor, motion_id: UUID, *, on: date) -> MotionView:
    """Return a motion. Raises `NotFound` if there is none that the actor may read."""
    row = session.scalar(select(Motion).where(Motion.id == motion_id, readable(actor, on)))
    if row is None:
        raise NotFound("no such motion")
    return _views(session, [row])[0]


def to_vote(session: Session, actor: Actor, *, now: datetime, on: date) -> Sequence[MotionView]:
    """Return the open votes in which somebody holds a seat that has not voted, oldest first."""
    mine = exists().where(
        MotionSeat.motion_id == Motion.id,
        MotionSeat.person_id == actor.person_id,
        MotionSeat.stakeholder.is_not(None),
        MotionSeat.voted.is_(False),
    )
    chosen = select(Motion).where(
        readable(actor, on), Motion.state == State.OPEN, Motion.closes_at > now, mine
    )
    found = _views(session, session.scalars(chosen.order_by(Motion.closes_at)).all())
    return [one for one in found if one.seats_of(actor.person_id)]


def rules_of(session: Session, body_id: UUID) -> VotingRules | None:
    """Return how a body decides; None if nobody has said."""
    row = session.get(BodyRules, body_id)
    return from_json(VotingRules, row.rules) if row and row.rules else None


def dissolved_at(session: Session, body_id: UUID) -> datetime | None:
    """Return when a body was dissolved; None if it was not."""
    row = session.get(BodyRules, body_id)
    return row.dissolved_at if row else None


def standing(session: Session, body_id: UUID, person_id: UUID | None, *, on: date) -> Resource:
    """Return what a decision about a body depends on, for somebody. Raises `NotFound`."""
    body = session.get(Body, body_id)
    if body is None:
        raise NotFound("no such body")
    seated = session.scalar(select(_seated(person_id, on)).where(Body.id == body_id).limit(1))
    held = frozenset({Relation.OWN} if seated else ())
    host = frozenset({body.host_id})
    return Resource(organisation_ids=host, host_id=body.host_id, held=held)


def not_voted(session: Session, motion_id: UUID) -> frozenset[UUID]:
    """Return the people who may vote on a motion and have a seat that has not voted."""
    rows = select(MotionSeat.person_id).where(
        MotionSeat.motion_id == motion_id,
        MotionSeat.stakeholder.is_not(None),
        MotionSeat.voted.is_(False),
        MotionSeat.interest.is_distinct_from("recused"),
    )
    return frozenset(session.scalars(rows))


def readable(actor: Actor, on: date) -> ColumnElement[bool]:
    """Return the condition under which *actor* may read a row of `motions` on a day."""
    policy, org, person_id = authority.in_force(), actor.organisation_id, actor.person_id
    stepped_aside = exists().where(
        MotionSeat.motion_id == Motion.id,
        MotionSeat.person_id == person_id,
        MotionSeat.interest == "recused",
    )

    def reads(resource: Resource) -> bool:
        return authority.permits(policy, actor, Permission.MOTION_READ, resource)

    stands: list[ColumnElement[bool]] = [Motion.id.is_(None)]
    if reads(Resource()):
        stands = [true()]
    if org is not None and reads(Resource(organisation_ids=frozenset({org}), host_id=org)):
        stands.append(Motion.body_id.in_(select(Body.id).where(Body.host_id == org)))
    if person_id is not None and reads(SEATED):
        stands.append(Motion.body_id.in_(select(Body.id).where(_seated(person_id, on))))
    return or_(*stands) & ~stepped_aside


def _seated(person_id: UUID | None, on: date) -> ColumnElement[bool]:
    """Return the condition under which a person holds a seat of a row of `bodies`."""
    return exists().where(
        Seat.body_id == Body.id,
        SeatTerm.seat_id == Seat.id,
        SeatTerm.person_id == person_id,
        SeatTerm.first_day <= on,
        or_(SeatTerm.last_day.is_(None), SeatTerm.last_day >= on),
    )


def _views(session: Session, rows: Sequence[Motion]) -> list[MotionView]:
    found = select(Body).where(Body.id.in_({row.body_id for row in rows}))
    bodies = {one.id: one for one in session.scalars(found)}
    rolls: dict[UUID, list[RollView]] = {row.id: [] for row in rows}
    on_roll = (
        select(MotionSeat, Seat.title)
        .join(Seat, Seat.id == MotionSeat.seat_id)
        .where(MotionSeat.motion_id.in_(rolls), MotionSeat.stakeholder.is_not(None))
        .order_by(MotionSeat.seat_id)
    )
    for seat, title in session.execute(on_roll):
        rolls[seat.motion_id].append(_roll_view(seat, title))
    return [_view(row, bodies[row.body_id], tuple(rolls[row.id])) for row in rows]


def _roll_view(seat: MotionSeat, title: str) -> RollView:
    return RollView(
        seat_id=seat.seat_id,
        title=title,
        stakeholder=StakeholderClass(seat.stakeholder or ""),
        person_id=seat.person_id,
        voted=seat.voted,
        choice=Choice(seat.choice) if seat.choice else None,
        recused=seat.interest == "recused",
        interest=seat.interest is not None,
    )


def _view(row: Motion, body: Body, roll: tuple[RollView, ...]) -> MotionView:
    parameters = None
    if row.effect is not None and row.parameters is not None:
        parameters = effects.read(effects.effect_of(row.effect), row.parameters)
    return MotionView(
        id=row.id,
        entry_id=row.entry_id,
        body_id=row.body_id,
        body=body.name,
        host_id=body.host_id,
        title=row.title,
        resolution=row.resolution,
        effect=row.effect,
        parameters=parameters,
        mover_id=row.mover_id,
        proposed_at=row.proposed_at,
        seconder_id=row.seconder_id,
        state=State(row.state),
        rules=from_json(VotingRules, row.rules) if row.rules else None,
        closes_at=row.closes_at,
        closed_at=row.closed_at,
        because=Because(row.because) if row.because else None,
        count=from_json(Count, row.count) if row.count else None,
        tried_at=row.tried_at,
        problem=row.problem,
        result=row.result,
        waiting=row.result_waits,
        roll=roll,
    )

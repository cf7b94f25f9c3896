"""What every command on motions loads: the body as it is held, the motion, one's own seats."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from audit.values import from_json
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, Forbidden, NotFound
from ledger.core.permissions import Permission, Relation
from ledger.core.work import UnitOfWork
from ledger.governance.models import Body, Seat, SeatTerm
from ledger.governance.motions.counting import RollSeat
from ledger.governance.motions.models import BodyRules, Motion, MotionSeat
from ledger.governance.motions.rules import VotingRules
from ledger.governance.rules import StakeholderClass


class NoVotingRules(Conflict):
    """Nobody has said how the body decides."""

    slug = "voting-rules-missing"
    title = "Nobody has said yet how this body decides"


class BodyIsDissolved(Conflict):
    """A body that decides nothing any more."""

    slug = "body-dissolved"
    title = "This body has been dissolved"


class NeedsASeat(Forbidden):
    """A person who holds no seat of the body, or a program that acts for nobody."""

    slug = "needs-a-seat"
    title = "Only those who hold a seat may do this"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBody:
    """A body as it is today, until the unit of work ends.

    Attributes:
        classes: Of every seat, in the order in which they were made.
        held_by: Who holds a seat today, by seat; vacant ones are not there.
    """

    id: UUID
    host_id: UUID
    rules: VotingRules | None
    dissolved: bool
    classes: Mapping[UUID, StakeholderClass]
    held_by: Mapping[UUID, UUID]

    def seats_of(self, person_id: UUID | None) -> tuple[UUID, ...]:
        """Return the seats that somebody holds today."""
        return tuple(seat for seat, holder in self.held_by.items() if holder == person_id)

    def resource(self, person_id: UUID | None, *, recused: bool = False) -> Resource:
        """Return what a decision about this body, or a motion of its, depends on."""
        held = {Relation.OWN} if self.seats_of(person_id) else set()
        if recused:
            held.add(Relation.RECUSED)
        return Resource(
            organisation_ids=frozenset({self.host_id}), host_id=self.host_id, held=frozenset(held)
        )

    def roll(self) -> tuple[RollSeat, ...]:
        """Return the seats that are held today."""
        return tuple(
            RollSeat(seat_id=seat, person_id=self.held_by[seat], stakeholder=stakeholder)
            for seat, stakeholder in self.classes.items()
            if seat in self.held_by
        )

    def decides_by(self) -> VotingRules:
        """Return its rules. Raises `NoVotingRules`, `BodyIsDissolved`."""
        if self.dissolved:
            raise BodyIsDissolved("another body decides what it decided")
        if self.rules is None:
            raise NoVotingRules("set its quorum and its threshold first")
        return self.rules


def hold_body(work: UnitOfWork, body_id: UUID, *, to_change: bool = False) -> HeldBody:
    """Return a body and its seats. Raises `NotFound`."""
    row = work.load(Body, body_id, to_change=to_change)
    said = work.session.get(BodyRules, body_id, populate_existing=True)
    seats = work.session.scalars(select(Seat).where(Seat.body_id == body_id).order_by(Seat.id))
    classes = {one.id: StakeholderClass(one.stakeholder) for one in seats}
    terms = select(SeatTerm).where(SeatTerm.seat_id.in_(classes), SeatTerm.first_day <= work.today)
    return HeldBody(
        id=row.id,
        host_id=row.host_id,
        rules=from_json(VotingRules, said.rules) if said and said.rules else None,
        dissolved=said is not None and said.dissolved_at is not None,
        classes=classes,
        held_by={
            one.seat_id: one.person_id
            for one in work.session.scalars(terms.order_by(SeatTerm.id))
            if one.last_day is None or work.today <= one.last_day
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMotion:
    """A motion that nobody else changes until the unit of work ends.

    Attributes:
        seats: Its roll, and what was declared, by seat.
        resource: What a decision about it depends on, for whoever acts.
    """

    row: Motion
    body: HeldBody
    seats: Mapping[UUID, MotionSeat]
    resource: Resource

    @property
    def recused(self) -> frozenset[UUID]:
        """The seats whose holders have stepped aside."""
        return frozenset(key for key, one in self.seats.items() if one.interest == "recused")

    @property
    def rules(self) -> VotingRules:
        """The rules of an open vote."""
        found: VotingRules = from_json(VotingRules, self.row.rules)
        return found

    @property
    def roll(self) -> tuple[RollSeat, ...]:
        """The seats on its roll."""
        return tuple(
            RollSeat(
                seat_id=one.seat_id,
                person_id=one.person_id,
                stakeholder=StakeholderClass(one.stakeholder),
            )
            for one in self.seats.values()
            if one.stakeholder is not None
        )


def hold_motion(work: UnitOfWork, motion_id: UUID) -> HeldMotion:
    """Return a motion, locked. Raises `NotFound`, also for what the actor may not read."""
    row = work.load(Motion, motion_id)
    body = hold_body(work, row.body_id)
    in_order = select(MotionSeat).where(MotionSeat.motion_id == motion_id)
    found = work.session.scalars(
        in_order.order_by(MotionSeat.seat_id), execution_options={"populate_existing": True}
    )
    seats = {one.seat_id: one for one in found}
    person_id = work.actor.person_id
    mine = any(one.person_id == person_id and one.interest == "recused" for one in seats.values())
    resource = body.resource(person_id, recused=mine)
    closes = work.may(Permission.MOTION_CLOSE, on=resource)
    if not closes and not work.may(Permission.MOTION_READ, on=resource):
        raise NotFound("no such motion")
    return HeldMotion(row=row, body=body, seats=seats, resource=resource)


def acting_person(work: UnitOfWork, body: HeldBody) -> UUID:
    """Return the human being who acts, if they hold a seat. Raises `NeedsASeat`."""
    person_id = work.actor.person_id
    if person_id is None or not body.seats_of(person_id):
        raise NeedsASeat("you hold no seat of this body today")
    return person_id

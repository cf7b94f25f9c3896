"""Boards for any test, made by the commands a user would call.

board(...)          a body with seats of these classes, each held by a board member, and rules
motion(given, ...)  a motion that was proposed and seconded
opened(given, ...)  one that is voted on
voted(...)          ballots, by the position of the seat
decided(...)        a motion on which all voted, closed; and carried out if it passed
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from ledger.core.actor import Actor, Role
from ledger.core.work import unit_of_work
from ledger.funding.boards import service as boards
from ledger.governance import service as governance
from ledger.governance.motions import service
from ledger.governance.motions.counting import Decision
from ledger.governance.motions.rules import Choice, State, VotingRules
from ledger.governance.rules import StakeholderClass
from tests.conftest import NOW
from tests.given import directory
from tests.given.funding import GivenPool, posted

PAYER, PATIENT, PROVIDER = (
    StakeholderClass.PAYER,
    StakeholderClass.PATIENT,
    StakeholderClass.PROVIDER,
)
RULES = VotingRules(quorum_seats=2)


@dataclass(frozen=True, kw_only=True)
class GivenBoard:
    """A body, its seats in order, and who holds them."""

    id: UUID
    host: UUID
    steward: Actor
    seats: tuple[UUID, ...]
    members: tuple[Actor, ...]


def board(
    classes: Sequence[StakeholderClass] = (PAYER, PAYER, PATIENT),
    *,
    host: UUID | None = None,
    rules: VotingRules | None = RULES,
    chair: int | None = None,
) -> GivenBoard:
    """Return a body with a seat of each of *classes*; *chair* has the casting vote."""
    host = host or directory.organisation()
    steward = directory.member(Role.STEWARD, at=host)
    body_id = posted(
        steward, governance.establish, host_id=host, name="Joint board", reference="The pool."
    )
    seats, members = list[UUID](), list[Actor]()
    for number, stakeholder in enumerate(classes):
        title = f"Seat {number}"
        seats.append(
            posted(steward, governance.create_seat, body_id, stakeholder=stakeholder, title=title)
        )
        members.append(directory.member(Role.BOARD_MEMBER, at=host))
        seated(steward, seats[-1], members[-1])
    if rules is not None:
        if chair is not None:
            rules = replace(rules, casting_seat_id=seats[chair])
        posted(steward, service.set_rules, body_id, rules=rules)
    return GivenBoard(
        id=body_id, host=host, steward=steward, seats=tuple(seats), members=tuple(members)
    )


def seated(steward: Actor, seat_id: UUID, person: Actor) -> None:
    """Give a seat to somebody, from yesterday on."""
    first_day = NOW.date() - timedelta(days=1)
    posted(steward, governance.appoint, seat_id, person_id=person.id, first_day=first_day)


def motion(given: GivenBoard, **said: Any) -> UUID:
    """Return a motion that the first member proposed and the second seconded."""
    words = {"title": "Allocate", "resolution": "That the budget be allocated.", **said}
    motion_id = posted(given.members[0], service.propose, given.id, **words)
    posted(given.members[1], service.second, motion_id)
    return motion_id


def opened(given: GivenBoard, **said: Any) -> UUID:
    """Return a motion on which the body votes."""
    motion_id = motion(given, **said)
    posted(given.members[0], service.open_vote, motion_id)
    return motion_id


def voted(given: GivenBoard, motion_id: UUID, ballots: Mapping[int, Choice]) -> None:
    """Cast ballots, by the position of the seat."""
    for number, choice in ballots.items():
        posted(
            given.members[number],
            service.cast,
            motion_id,
            choice=choice,
            seat_id=given.seats[number],
        )


def closed(given: GivenBoard, motion_id: UUID, *, by: Actor | None = None) -> Decision:
    """Close a vote, a year from now if need be."""
    with unit_of_work(by or given.members[0], now=NOW + timedelta(days=60)) as work:
        return service.close(work, motion_id)


def passed(given: GivenBoard, **said: Any) -> UUID:
    """Return a motion that everybody was for; it is not carried out yet."""
    motion_id = opened(given, **said)
    voted(given, motion_id, dict.fromkeys(range(len(given.seats)), Choice.FOR))
    decision = posted(given.members[0], service.close, motion_id)
    assert decision.outcome is State.PASSED
    return motion_id


def board_of(pool: GivenPool, **said: Any) -> GivenBoard:
    """Return a board that every partner of a pool has agreed to."""
    given = board(host=pool.partners[0], **said)
    for lead in pool.leads:
        posted(lead, boards.agree_board, pool.id, body_id=given.id)
    return given


def allocation(pool: GivenPool, *amounts_minor: int) -> dict[str, Any]:
    """Return a motion's effect: so much for each of the pool's schemes, in order."""
    amounts = [
        {"scheme_id": str(scheme), "amount_minor": amount}
        for scheme, amount in zip(pool.schemes, amounts_minor, strict=False)
    ]
    return {
        "effect": "funding.allocate",
        "parameters": {"pool_id": str(pool.id), "amounts": amounts},
    }

"""The chapter about a board: it gives a scheme more by a motion, and votes on another."""

from typing import Final
from uuid import UUID

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.funding.boards import service as boards
from ledger.funding.boards.effects import ALLOCATE
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView
from ledger.governance import service as governance
from ledger.governance.motions import carrying, service
from ledger.governance.motions.rules import Choice, VotingRules
from ledger.governance.rules import StakeholderClass
from ledger.sample.scene import Scene

SEATS: Final = (
    ("bea.board", Role.BOARD_MEMBER, StakeholderClass.COMMUNITY, "Chair"),
    ("fay.finance", Role.FINANCE_LEAD, StakeholderClass.PAYER, "Integrated care board"),
    ("tariq.finance", Role.FINANCE_LEAD, StakeholderClass.PROVIDER, "Trust"),
    ("cyril.finance", Role.FINANCE_LEAD, StakeholderClass.SOCIAL_CARE, "Council"),
)
"""Who sits on it, as what they act, for whom, and what the seat is called."""

MORE_MINOR: Final = 250_000_00


def tell(scene: Scene) -> None:
    """Set the board up, have every partner agree to it, decide one thing and vote on another."""
    members = [scene.actor(name, role) for name, role, _, _ in SEATS]
    pool = pools.pools(db.session(), scene.actor("paul.pool", Role.POOL_MANAGER))[0]
    body_id = _seated(scene, members)
    for lead in members[1:]:
        with unit_of_work(lead) as work:
            boards.agree_board(work, pool.id, body_id=body_id)
    first, second = pool.schemes[0], pool.schemes[-1]
    title = f"More for {first.label}"
    motion_id = _opened(members, body_id, pool, first.id, title)
    for member in members:
        choice = Choice.ABSTAIN if member is members[3] else Choice.FOR
        with unit_of_work(member) as work:
            service.cast(work, motion_id, choice=choice)
    carrying.close_and_carry_out(members[0], motion_id)
    motion_id = _opened(members, body_id, pool, second.id, f"More for {second.label}")
    for member, choice in zip(members[1:3], (Choice.FOR, Choice.AGAINST), strict=True):
        with unit_of_work(member) as work:
            service.cast(work, motion_id, choice=choice)
    scene.say("a joint board: a motion that was carried out, and a vote that is open")


def _seated(scene: Scene, members: list[Actor]) -> UUID:
    """Make the body, its seats and its rules; the chair has the casting vote."""
    today = clock.today()
    with unit_of_work(scene.actor("sam.steward", Role.STEWARD)) as work:
        body_id = governance.establish(
            work,
            host_id=scene.organisation("board"),
            name="Northmoor joint board (demonstration)",
            reference="Decides how the pooled fund is divided.",
        )
        seats = []
        for member, (_, _, stakeholder, title) in zip(members, SEATS, strict=True):
            seats.append(
                governance.create_seat(work, body_id, stakeholder=stakeholder, title=title)
            )
            governance.appoint(work, seats[-1], person_id=member.id, first_day=today)
        rules = VotingRules(quorum_seats=3, casting_seat_id=seats[0])
        service.set_rules(work, body_id, rules=rules)
    return body_id


def _opened(
    members: list[Actor], body_id: UUID, pool: PoolView, scheme_id: UUID, title: str
) -> UUID:
    """Have the second member propose to give a scheme more, and the third second it."""
    amounts = [{"scheme_id": str(scheme_id), "amount_minor": MORE_MINOR}]
    with unit_of_work(members[1]) as work:
        motion_id = service.propose(
            work,
            body_id,
            title=title,
            resolution="That the scheme be given more, because more people need it this winter.",
            effect=ALLOCATE,
            parameters={"pool_id": str(pool.id), "amounts": amounts},
        )
    with unit_of_work(members[2]) as work:
        service.second(work, motion_id)
    with unit_of_work(members[0]) as work:
        service.open_vote(work, motion_id)
    return motion_id

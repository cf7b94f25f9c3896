"""The chapter about a secret vote: who leads a panel of people who use the services."""

from typing import Final

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.work import unit_of_work
from ledger.governance import service as governance
from ledger.governance.motions import service
from ledger.governance.motions.rules import Choice, VotingRules
from ledger.sample.boards import SEATS
from ledger.sample.scene import Scene

VOTES: Final = (Choice.FOR, Choice.FOR, Choice.AGAINST, Choice.FOR)
"""One for each seat: what is in the box. Nobody can say afterwards whose was which."""


def tell(scene: Scene) -> None:
    """Let a panel choose in secret, and count it once everybody has voted."""
    members = [scene.actor(name, role) for name, role, _, _ in SEATS]
    today = clock.today()
    with unit_of_work(scene.actor("sam.steward", Role.STEWARD)) as work:
        body_id = governance.establish(
            work,
            host_id=scene.organisation("board"),
            name="Northmoor nominations panel (demonstration)",
            reference="Proposes who leads; votes in secret.",
        )
        for member, (_, _, stakeholder, title) in zip(members, SEATS, strict=True):
            seat = governance.create_seat(work, body_id, stakeholder=stakeholder, title=title)
            governance.appoint(work, seat, person_id=member.id, first_day=today)
        service.set_rules(work, body_id, rules=VotingRules(quorum_seats=3, secret=True))
    with unit_of_work(members[1]) as work:
        motion_id = service.propose(
            work,
            body_id,
            title="Somebody who uses the services to chair the joint board",
            resolution="That from next April the joint board be chaired by a person who uses its "
            "services, or who cares for one.",
        )
    with unit_of_work(members[2]) as work:
        service.second(work, motion_id)
    with unit_of_work(members[0]) as work:
        service.open_vote(work, motion_id)
    for member, choice in zip(members, VOTES, strict=True):
        with unit_of_work(member) as work:
            service.cast(work, motion_id, choice=choice)
    with unit_of_work(members[0]) as work:
        service.close(work, motion_id)
    scene.pages["secret ballot"] = f"/motions/{motion_id}"
    scene.say("a secret ballot, closed and counted")

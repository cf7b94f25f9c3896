"""Joins, doubts and corrections for any test, made by the commands a user would call.

officers(trust)                   two privacy officers of an organisation
joined(one, other, officers)      two records are one patient's, the first survives
separated(one, other, officers)   they are not after all
"""

from uuid import UUID

from ledger.core.actor import Actor, Role
from ledger.core.work import unit_of_work
from ledger.directory.identity import joining
from ledger.directory.identity.rules import Act, Ground
from tests.given.directory import member

Two = tuple[Actor, Actor]


def officers(trust: UUID) -> Two:
    """Return two who may put right whose a record is."""
    return member(Role.PRIVACY_OFFICER, at=trust), member(Role.PRIVACY_OFFICER, at=trust)


def proposed(one: UUID, other: UUID, by: Actor, act: Act = Act.JOIN) -> UUID:
    """Have somebody propose that two records are one patient's, or that they are not."""
    ground = Ground.NUMBER_SUPERSEDED if act is Act.JOIN else Ground.JOINED_BY_MISTAKE
    with unit_of_work(by) as work:
        return joining.propose(
            work,
            act=act,
            surviving_id=one,
            superseded_id=other,
            ground=ground,
            evidence="Both were looked at, with the letter of the national register.",
        )


def joined(one: UUID, other: UUID, by: Two, act: Act = Act.JOIN) -> None:
    """Have the first of two propose it, and the second confirm it."""
    proposal_id = proposed(one, other, by[0], act)
    with unit_of_work(by[1]) as work:
        joining.confirm(work, proposal_id)


def separated(one: UUID, other: UUID, by: Two) -> None:
    """Undo that."""
    joined(one, other, by, Act.SEPARATE)

"""Who else must agree before something is posted. People are counted, never accounts."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from ledger.core.actor import Actor, Role
from ledger.core.errors import Conflict, Forbidden
from ledger.funding.rules.events import Event


class Voice(StrEnum):
    """Whose approvals count."""

    HOST = "host"
    ANY_PARTNER = "any-partner"
    EVERY_PARTNER = "every-partner"


RANKS: Final = (Role.FINANCE_LEAD, Role.CHIEF_FINANCE_OFFICER)
"""Who may approve, the lowest rank first: a chief finance officer (in a council the officer
of section 151) may approve whatever a finance lead may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What an event waits for.

    Attributes:
        people: How many people other than the maker must approve.
        voice: For which organisations they must speak.
        rank: As what they must act, at least.
    """

    people: int
    voice: Voice
    rank: Role = RANKS[0]


CONTROLS = MappingProxyType(
    {
        Event.PAYMENT_MADE: Control(people=1, voice=Voice.HOST),
        Event.BUDGET_VIRED: Control(people=1, voice=Voice.ANY_PARTNER),
        Event.RESERVE_RELEASED: Control(people=1, voice=Voice.EVERY_PARTNER),
        Event.OVERSPEND_AUTHORISED: Control(people=1, voice=Voice.EVERY_PARTNER),
        Event.OPENING_BROUGHT_IN: Control(people=1, voice=Voice.EVERY_PARTNER),
        Event.CLAW_BACK_MADE: Control(people=1, voice=Voice.ANY_PARTNER),
    }
)
"""What waits for approval under every agreement; see `thresholds` for what one adds."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's approval, for one organisation. Before ranks were kept, there was one."""

    person_id: UUID
    organisation_id: UUID
    rank: Role = RANKS[0]


class MakerApproves(Forbidden):
    """The maker of a transaction may not approve it, whichever account or role they use."""

    slug = "maker-may-not-approve"
    title = "Somebody else must approve this"


class ApprovedAlready(Conflict):
    """One person approves once."""

    slug = "approved-already"
    title = "You have approved this already"


class SpeaksForNobodyHere(Forbidden):
    """An approval on behalf of an organisation whose approval is not asked for."""

    slug = "approval-not-asked-for"
    title = "Your organisation's approval is not asked for here"


class RankTooLow(Forbidden):
    """Somebody of a higher rank must approve this much."""

    slug = "approval-needs-higher-rank"
    title = "Somebody more senior must approve this"


def highest_rank(roles: Collection[Role]) -> Role:
    """Return the highest rank that somebody acts in.

    Raises:
        RankTooLow: none of their roles approves money.
    """
    held = [rank for rank in RANKS if rank in roles]
    if not held:
        raise RankTooLow("sign in as a finance lead or a chief finance officer")
    return held[-1]


def check_approval(
    control: Control,
    approval: Approval,
    *,
    maker_id: UUID,
    given: Collection[Approval],
    host_id: UUID,
    partner_ids: Collection[UUID],
) -> None:
    """Check that a person may approve.

    Raises:
        MakerApproves: they made it.
        ApprovedAlready: they did before, for whichever organisation.
        SpeaksForNobodyHere: their organisation is not one of those that count.
        RankTooLow: they do not act in the rank that this amount needs.
    """
    if approval.person_id == maker_id:
        raise MakerApproves("ask a colleague: the second pair of eyes belongs to another person")
    if any(approval.person_id == one.person_id for one in given):
        raise ApprovedAlready("nothing was changed: one person approves once")
    counts = {host_id} if control.voice is Voice.HOST else set(partner_ids)
    if approval.organisation_id not in counts:
        whom = "the host" if control.voice is Voice.HOST else "a partner of the pool"
        raise SpeaksForNobodyHere(f"it needs somebody who acts for {whom}")
    if RANKS.index(approval.rank) < RANKS.index(control.rank):
        raise RankTooLow("it is more than a finance lead approves: ask a chief finance officer")


def enough(control: Control, given: Collection[Approval], *, partner_ids: Collection[UUID]) -> bool:
    """Say whether *given* is all that *control* waits for."""
    people = {one.person_id for one in given}
    if control.voice is Voice.EVERY_PARTNER:
        spoken = {one.organisation_id for one in given}
        return set(partner_ids) <= spoken and len(people) >= control.people
    return len(people) >= control.people


class NobodyActs(Forbidden):
    """A program acts for itself where a human being must answer for it."""

    slug = "needs-a-person"
    title = "A person must do this"


def human(actor: Actor) -> UUID:
    """Return the human being behind an actor, whichever account or program they use.

    Raises:
        NobodyActs: a program that acts for nobody, or the service itself.
    """
    if actor.person_id is None:
        raise NobodyActs("what needs approval is made and approved by people who are signed in")
    return actor.person_id

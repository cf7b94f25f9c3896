"""What a forger tries in the name of a board, and with a position to start from; plain SQL."""

from collections.abc import Callable, Mapping
from uuid import UUID, uuid4

from sqlalchemy import update

from ledger.funding.rules.chart import Head
from ledger.funding.rules.events import Event
from ledger.governance.motions import service
from ledger.governance.motions.models import Motion
from tests.funding.attacks_on_approvals import approval, proposal
from tests.funding.forger import Forger
from tests.given.funding import GivenPool, posted
from tests.given.motions import allocation, board_of, opened, passed

ALLOCATE, VIRE = "funding.allocate", "funding.vire"


def motions_of(given: GivenPool, other: GivenPool) -> Mapping[str, UUID]:
    """Return motions of a pool's board in several states, and one of another pool's."""
    made, elsewhere = board_of(given), board_of(other)
    first, second = map(str, given.schemes)
    moves = {"from_scheme_id": first, "to_scheme_id": second, "amount_minor": 1}
    virement = {"effect": VIRE, "parameters": {"pool_id": str(given.id), **moves}}
    found = {
        "open": opened(made, **allocation(given, 1)),
        "passed": passed(made, **allocation(given, 1)),
        "done": passed(made, **allocation(given, 1)),
        "virement": passed(made, **virement),
        "elsewhere": passed(elsewhere, **allocation(other, 1)),
    }
    posted(made.members[0], service.execute, found["done"])
    return found


def allocating(forger: Forger, basis: str, event: Event = Event.BUDGET_ALLOCATED) -> None:
    made = forger.transaction(event=event, basis=basis)
    forger.leg(made, Head.UNALLOCATED, -1)
    forger.leg(made, Head.AVAILABLE, 1, of=forger.given.schemes[0])
    forger.seal(made)


def viring(forger: Forger, basis: str | None) -> None:
    made = forger.transaction(event=Event.BUDGET_VIRED, basis=basis)
    forger.leg(made, Head.AVAILABLE, -1, of=forger.given.schemes[0])
    forger.leg(made, Head.AVAILABLE, 1, of=forger.given.schemes[1])
    forger.seal(made)


def naming(motion_id: UUID) -> Callable[[Forger], None]:
    return lambda forger: allocating(forger, f"Motion {motion_id}")


def on_motions(motions: Mapping[str, UUID]) -> Mapping[str, Callable[[Forger], None]]:
    """Return the attacks, by what is wrong with each."""
    named = {key: f"Motion {one}" for key, one in motions.items()}
    return {
        "it has not passed": naming(motions["open"]),
        "it is another pool's": naming(motions["elsewhere"]),
        "it was carried out already": naming(motions["done"]),
        "it says something else": naming(motions["virement"]),
        "there is none": naming(uuid4()),
        "in small letters": lambda forger: allocating(forger, named["open"].upper()),
        "as a reserve": lambda forger: allocating(forger, named["passed"], Event.RESERVE_SET),
        "a virement by an allocation": lambda forger: viring(forger, named["passed"]),
        "a virement by nobody": lambda forger: viring(forger, None),
        "a virement of a motion that is told to have passed elsewhere": lambda forger: viring(
            forger, named["elsewhere"]
        ),
    }


def allowed_by_motion(motions: Mapping[str, UUID]) -> Mapping[str, Callable[[Forger], None]]:
    """Return what is right, or else the attacks would prove nothing."""
    return {
        "an allocation that passed": naming(motions["passed"]),
        "a virement that passed": lambda forger: viring(forger, f"Motion {motions['virement']}"),
        "a result that waited": lambda forger: result_that_waited(forger, motions["done"]),
    }


def result_that_waited(forger: Forger, motion_id: UUID) -> None:
    made = uuid4()
    table = Motion.__table__
    forger.run(
        update(table).values(result=f"transaction:{made}").where(table.c.id == motion_id)  # type: ignore[arg-type]
    )
    forger.transaction(id=made, event=Event.BUDGET_ALLOCATED, basis=f"Motion {motion_id}")
    forger.leg(made, Head.UNALLOCATED, -1)
    forger.leg(made, Head.AVAILABLE, 1, of=forger.given.schemes[0])
    forger.seal(made)


def position(forger: Forger, identity: UUID | None = None) -> None:
    """Post a position of a pound that one partner agreed."""
    chosen = {"id": identity} if identity else {}
    made = forger.transaction(event=Event.OPENING_BROUGHT_IN, **chosen)
    forger.leg(made, Head.UNALLOCATED, 1_00)
    forger.leg(made, Head.FUNDING, -1_00, of=forger.given.partners[0])
    forger.seal(made)


def _approved(forger: Forger, *partners: UUID, **chosen: object) -> UUID:
    made = proposal(forger, Event.OPENING_BROUGHT_IN, voice="every-partner", **chosen)
    for partner in partners:
        approval(forger, made, partner)
    return made


def a_position_of_nobody(forger: Forger) -> None:
    position(forger)


def a_position_that_asks_one_partner(forger: Forger) -> None:
    made = proposal(forger, Event.OPENING_BROUGHT_IN)
    for partner in forger.given.partners:
        approval(forger, made, partner)
    position(forger, made)


def a_position_that_one_partner_has_not_approved(forger: Forger) -> None:
    position(forger, _approved(forger, *forger.given.partners[:2]))


def a_position_approved_for_something_else(forger: Forger) -> None:
    made = proposal(forger, Event.RESERVE_RELEASED, voice="every-partner")
    for partner in forger.given.partners:
        approval(forger, made, partner)
    position(forger, made)


def a_position_after_something_else(forger: Forger) -> None:
    made = forger.transaction(event=Event.CONTRIBUTION_AGREED)
    forger.leg(made, Head.UNALLOCATED, 1_00)
    forger.leg(made, Head.FUNDING, -1_00, of=forger.given.partners[0])
    forger.seal(made)
    position(forger, _approved(forger, *forger.given.partners))


def a_position_twice(forger: Forger) -> None:
    for _ in range(2):
        position(forger, _approved(forger, *forger.given.partners))


def undoing_a_position_alone(forger: Forger) -> None:
    made = _approved(forger, *forger.given.partners)
    position(forger, made)
    undone = forger.transaction(event=Event.TRANSACTION_REVERSED, reverses=made)
    forger.leg(undone, Head.UNALLOCATED, -1_00)
    forger.leg(undone, Head.FUNDING, 1_00, of=forger.given.partners[0])
    forger.seal(undone)


def a_position_that_is_right(forger: Forger) -> None:
    position(forger, _approved(forger, *forger.given.partners))


ON_OPENINGS = [
    a_position_of_nobody, a_position_that_asks_one_partner,
    a_position_that_one_partner_has_not_approved, a_position_approved_for_something_else,
    a_position_after_something_else, a_position_twice, undoing_a_position_alone,
]  # fmt: skip

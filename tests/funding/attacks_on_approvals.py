"""What a forger tries with approvals, each by itself, in plain SQL; and a few ways around."""

from collections.abc import Callable
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, text, update

from ledger.funding.models import (
    ApprovalGiven,
    Period,
    PoolBalance,
    PoolTransaction,
    Proposal,
)
from ledger.funding.rules.chart import Head
from ledger.funding.rules.events import Event
from ledger.funding.service import approvals, budget
from tests.conftest import NOW
from tests.funding.forger import Forger
from tests.given.funding import GivenPool, posted


def half_approved(given: GivenPool) -> None:
    """Leave a release of the reserve that one partner has not approved."""
    posted(given.manager, budget.set_reserve, given.id, amount_minor=50_00, reference="Board 3")
    outcome = posted(
        given.manager,
        budget.release_reserve,
        given.id,
        scheme_id=given.schemes[0],
        amount_minor=20_00,
        reference="Board 4",
    )
    for lead in given.leads[:2]:
        posted(lead, approvals.approve, outcome.transaction_id)


def waiting(forger: Forger, event: Event) -> UUID:
    found = select(Proposal.id).where(Proposal.event == event, Proposal.state == "waiting")
    identity: UUID = forger.run(found).scalar_one()
    return identity


def proposal(forger: Forger, event: Event, **chosen: object) -> UUID:
    """Forge a proposal that asks for as little as it may."""
    row = {
        "id": uuid4(),
        "pool_id": forger.given.id,
        "event": event,
        "controlled_as": event,
        "body": {},
        "people": 1,
        "voice": "any-partner",
        "rank": "finance_lead",
        "maker_id": uuid4(),
        "made_at": NOW,
        "entry_id": uuid4(),
        "state": "waiting",
        **chosen,
    }
    forger.run(insert(Proposal.__table__), row)  # type: ignore[arg-type]
    identity: UUID = row["id"]  # type: ignore[assignment]
    return identity


def approval(forger: Forger, proposal_id: UUID, organisation_id: UUID, **chosen: object) -> None:
    maker = select(Proposal.maker_id).where(Proposal.id == proposal_id)
    row = {
        "proposal_id": proposal_id,
        "person_id": uuid4(),
        "maker_id": forger.run(maker).scalar_one(),
        "organisation_id": organisation_id,
        "rank": "finance_lead",
        "approved_at": NOW,
        "entry_id": uuid4(),
        **chosen,
    }
    forger.run(insert(ApprovalGiven.__table__), row)  # type: ignore[arg-type]


def payment(forger: Forger, identity: UUID) -> None:
    made = forger.transaction(id=identity, event=Event.PAYMENT_MADE)
    forger.leg(made, Head.CASH, -1)
    forger.leg(made, Head.PAYABLE, 1, of=forger.given.provider)
    forger.seal(made)


def release(forger: Forger, identity: UUID) -> None:
    made = forger.transaction(id=identity, event=Event.RESERVE_RELEASED)
    forger.leg(made, Head.RESERVE, -1)
    forger.leg(made, Head.AVAILABLE, 1, of=forger.given.schemes[0])
    forger.seal(made)


def without_the_last_partner(forger: Forger) -> None:
    release(forger, waiting(forger, Event.RESERVE_RELEASED))


def two_people_of_one_partner(forger: Forger) -> None:
    made = waiting(forger, Event.RESERVE_RELEASED)
    approval(forger, made, forger.given.partners[0])
    release(forger, made)


def calling_one_partner_enough(forger: Forger) -> None:
    made = proposal(forger, Event.RESERVE_RELEASED)
    approval(forger, made, forger.given.partners[0])
    release(forger, made)


def approved_by_a_stranger(forger: Forger) -> None:
    made = proposal(forger, Event.PAYMENT_MADE)
    approval(forger, made, uuid4())
    payment(forger, made)


def approved_by_a_partner_where_the_host_must(forger: Forger) -> None:
    made = waiting(forger, Event.PAYMENT_MADE)
    approval(forger, made, forger.given.partners[1])
    payment(forger, made)


def approved_below_rank(forger: Forger) -> None:
    made = proposal(forger, Event.PAYMENT_MADE, rank="chief_finance_officer")
    approval(forger, made, forger.given.partners[0])
    payment(forger, made)


def one_person_where_two_must(forger: Forger) -> None:
    made = proposal(forger, Event.PAYMENT_MADE, people=2)
    approval(forger, made, forger.given.partners[0])
    payment(forger, made)


def one_person_twice(forger: Forger) -> None:
    made, person = proposal(forger, Event.PAYMENT_MADE, people=2), uuid4()
    for partner in forger.given.partners[:2]:
        approval(forger, made, partner, person_id=person)


def paying_under_another_approval(forger: Forger) -> None:
    made = proposal(forger, Event.BUDGET_VIRED)
    approval(forger, made, forger.given.partners[0])
    payment(forger, made)


def posting_what_was_dropped(forger: Forger) -> None:
    made = proposal(forger, Event.PAYMENT_MADE)
    approval(forger, made, forger.given.partners[0])
    dropped = update(Proposal.__table__).values(state="dropped")  # type: ignore[arg-type]
    forger.run(dropped.where(Proposal.__table__.c.id == made))
    payment(forger, made)


def what_needs_nobody_but_says_so(forger: Forger) -> None:
    made = proposal(forger, Event.RESERVE_SET)
    forger.seal(forger.balanced(id=made))


def approving_afterwards(forger: Forger) -> None:
    approval(forger, forger.newest(Event.PAYMENT_MADE), forger.given.partners[0])


def a_proposal_that_was_never_waiting(forger: Forger) -> None:
    proposal(forger, Event.PAYMENT_MADE, state="posted")


def a_proposal_that_asks_nobody(forger: Forger) -> None:
    proposal(forger, Event.PAYMENT_MADE, people=0)


def asking_for_less(forger: Forger) -> None:
    forger.run(update(Proposal.__table__).values(voice="any-partner"))  # type: ignore[arg-type]


def asking_a_lower_rank(forger: Forger) -> None:
    row = proposal(forger, Event.PAYMENT_MADE, rank="chief_finance_officer")
    table = Proposal.__table__
    forger.run(update(table).values(rank="finance_lead").where(table.c.id == row))  # type: ignore[arg-type]


def reversing_a_reversal(forger: Forger) -> None:
    agreed = forger.newest(Event.CONTRIBUTION_AGREED)
    undone = agreed
    for sign in (-1, 1):
        made = forger.transaction(event=Event.TRANSACTION_REVERSED, reverses=undone)
        forger.leg(made, Head.UNALLOCATED, sign * 200_000_00)
        forger.leg(made, Head.FUNDING, -sign * 200_000_00, of=forger.given.partners[2])
        forger.seal(made)
        undone = made


def closing_twice(forger: Forger) -> None:
    for _ in range(2):
        forger.run(update(Period.__table__).values(closed_at=NOW))  # type: ignore[arg-type]


def forgetting_a_balance(forger: Forger) -> None:
    forger.run(delete(PoolBalance.__table__))  # type: ignore[arg-type]


def more_pence_than_there_are_numbers(forger: Forger) -> None:
    made = forger.transaction()
    forger.leg(made, Head.RESERVE, 2**63, balance_after_minor=1)


def replacing(table: str, key: str) -> Callable[[Forger], None]:
    """Write a row of *table* once more, over the one that is there."""

    def attack(forger: Forger) -> None:
        if forger.connection.dialect.name == "sqlite":
            sql = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"
        else:
            upsert = f"ON CONFLICT ({key}) DO UPDATE SET {key} = EXCLUDED.{key}"
            sql = f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1 {upsert}"
        forger.run(text(sql))

    attack.__name__ = f"replacing_{table}"
    return attack


def emptying(table: str) -> Callable[[Forger], None]:
    """Delete all of *table* at once, past the triggers on rows."""

    def attack(forger: Forger) -> None:
        words = "DELETE FROM" if forger.connection.dialect.name == "sqlite" else "TRUNCATE"
        tail = "" if forger.connection.dialect.name == "sqlite" else " CASCADE"
        forger.run(text(f"{words} {table}{tail}"))

    attack.__name__ = f"emptying_{table}"
    return attack


ON_APPROVALS = [
    without_the_last_partner, two_people_of_one_partner, calling_one_partner_enough,
    approved_by_a_stranger, approved_by_a_partner_where_the_host_must, approved_below_rank,
    one_person_where_two_must, one_person_twice, paying_under_another_approval,
    posting_what_was_dropped, what_needs_nobody_but_says_so, approving_afterwards,
    a_proposal_that_was_never_waiting, a_proposal_that_asks_nobody, asking_for_less,
    asking_a_lower_rank, reversing_a_reversal, closing_twice, forgetting_a_balance,
    more_pence_than_there_are_numbers,
    replacing(PoolTransaction.__tablename__, "id"), replacing("pool_seals", "transaction_id"),
    replacing("pool_balances", "account_id"), replacing("pool_accounts", "id"),
    emptying("pool_postings"), emptying("pool_transactions"), emptying("pool_seals"),
    emptying("pool_balances"), emptying("pool_approvals"), emptying("pool_proposals"),
]  # fmt: skip

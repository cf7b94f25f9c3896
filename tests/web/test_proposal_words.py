"""What a proposal is about is said so that a virement's direction cannot be mistaken."""

from datetime import UTC, date, datetime
from uuid import UUID

from ledger.funding.queries.proposals import ProposalView
from ledger.funding.rules import events
from ledger.funding.rules.controls import Control, Voice
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Postings, Transaction
from ledger.web.proposal_words import about

A, B, TRUST = UUID(int=1), UUID(int=2), UUID(int=3)
NAMES = {A: "Learning disability", B: "Equipment", TRUST: "The trust"}


def proposal(event: Event, postings: Postings) -> ProposalView:
    transaction = Transaction(
        transaction_id=UUID(int=9),
        effective_on=date(2026, 5, 1),
        agreement_version=1,
        clause="3.1",
        postings=postings,
    )
    return ProposalView(
        event=event,
        control=Control(people=1, voice=Voice.HOST),
        transaction=transaction,
        maker_id=UUID(int=8),
        made_at=datetime(2026, 5, 1, tzinfo=UTC),
        entry_id=UUID(int=7),
        state="waiting",
        approvals=(),
    )


def test_a_virement_says_from_where_and_to_where() -> None:
    there = about(proposal(Event.BUDGET_VIRED, events.vire(A, B, 500)), NAMES)
    back = about(proposal(Event.BUDGET_VIRED, events.vire(B, A, 500)), NAMES)
    assert there == ", from Learning disability to Equipment"
    assert back == ", from Equipment to Learning disability"


def test_a_payment_says_who_is_paid_and_what_names_nobody_says_nothing() -> None:
    paid = events.pay(TRUST, 500)
    assert about(proposal(Event.PAYMENT_MADE, paid), NAMES) == ", The trust"
    assert about(proposal(Event.PAYMENT_MADE, paid), {}) == ""

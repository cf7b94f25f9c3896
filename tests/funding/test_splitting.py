"""One movement in several parts waits for whom the whole would wait for."""

from datetime import timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ledger.agreements.rules import fund
from ledger.agreements.rules.fund import StepRefused
from ledger.core import clock
from ledger.core.actor import Role
from ledger.funding.rules.chart import Head
from ledger.funding.rules.controls import RANKS, Control, Voice
from ledger.funding.rules.events import Event
from ledger.funding.rules.thresholds import APPROVERS, MOVEMENTS, Step, control_for, windows_of
from ledger.funding.service import approvals, budget, corrections, spending
from ledger.funding.service.posting import Outcome
from tests.beginnings import begins_with
from tests.conftest import NOW
from tests.given import directory
from tests.given.funding import GivenPool, allocated, held, pool, posted

STEPS = (
    ("commitment within 30 days", 100_00, "pool manager"),
    ("commitment within 30 days", None, "host chief finance officer"),
    ("virement", 1_000_00, "host finance lead"),
    ("virement within 7 days", 50_00, "host finance lead"),
    ("virement within 7 days", None, "every partner's finance lead"),
)
E = Event
AMOUNTS = st.lists(st.integers(1, 10**6), min_size=1, max_size=6)


def weight(control: Control | None) -> tuple[int, int, int]:
    """Return how much a control asks for, as numbers that are compared together."""
    if control is None:
        return (0, 0, -1)
    every = control.voice is Voice.EVERY_PARTNER
    return (control.people, int(every), RANKS.index(control.rank))


@settings(max_examples=60, deadline=None)
@drawn(
    AMOUNTS,
    st.lists(
        st.tuples(
            st.sampled_from(["commitment within 30 days", "Commitment  within 7 days"]),
            st.none() | st.integers(1, 10**6),
            st.sampled_from(sorted(APPROVERS)),
        ),
        max_size=5,
    ),
)
def test_splitting_asks_the_last_part_what_it_would_ask_of_the_whole(
    parts: list[int], table: list[tuple[str, int | None, str]]
) -> None:
    steps = [Step(movement=m, up_to_minor=u, approver=a) for m, u, a in table]
    whole = control_for(E.SPENDING_COMMITTED, sum(parts), steps)
    before = dict.fromkeys(windows_of(E.BUNDLE_STARTED, steps), sum(parts[:-1]))
    last = control_for(E.SPENDING_COMMITTED, parts[-1], steps, earlier_minor=before)
    assert last == whole


@settings(max_examples=60, deadline=None)
@drawn(st.integers(1, 10**6), st.integers(0, 10**6), st.sampled_from(sorted(APPROVERS)))
def test_what_went_before_never_lowers_what_is_asked(
    amount: int, earlier: int, approver: str
) -> None:
    table = [
        Step(movement="virement", up_to_minor=None, approver=approver),
        Step(movement="virement within 9 days", up_to_minor=5_000, approver="pool manager"),
        Step(movement="virement within 9 days", up_to_minor=None, approver=approver),
    ]
    alone = weight(control_for(E.BUDGET_VIRED, amount, table))
    after = weight(control_for(E.BUDGET_VIRED, amount, table, earlier_minor={9: earlier}))
    assert all(one <= other for one, other in zip(alone, after, strict=True))


def test_an_agreement_says_it_in_the_words_that_programs_act_on(session: Session) -> None:
    assert set(MOVEMENTS.values()) == fund.MOVEMENTS
    assert set(APPROVERS) == fund.APPROVERS
    with pytest.raises(StepRefused) as refused:
        pool(steps=[("virement", None, "the treasurer's cat"), ("tea money", 5, "pool manager")])
    said = {fault.field for fault in refused.value.faults}
    assert said == {"fund/approvals/0/approver", "fund/approvals/1/movement"}


def scene() -> GivenPool:
    made = pool(steps=STEPS)
    allocated(made, first=500_00, second=500_00)
    return made


beginning = begins_with(scene)


def committed(given: GivenPool, amount_minor: int, *, scheme: int = 0) -> Outcome:
    _, outcome = posted(
        given.manager,
        spending.commit,
        given.id,
        scheme_id=given.schemes[scheme],
        provider_id=given.provider,
        amount_minor=amount_minor,
        reference="Order",
    )
    return outcome


def test_orders_below_the_limit_add_up_to_one_above_it(
    session: Session, given: GivenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = committed(given, 60_00)
    assert not first.waiting
    assert not committed(given, 40_00, scheme=1).waiting  # Exactly the limit, by one person.
    waiting = committed(given, 1)
    assert waiting.waiting
    assert waiting.control is not None
    assert waiting.control.rank is Role.CHIEF_FINANCE_OFFICER
    assert committed(given, 1).waiting  # What waits counts too.
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=31))
    assert not committed(given, 100_00).waiting  # By then it is something else.
    assert held(session, given, Head.COMMITTED, given.schemes[0]) == 160_00


def test_somebody_elses_order_of_the_same_scheme_and_provider_counts(given: GivenPool) -> None:
    colleague = directory.member(Role.POOL_MANAGER, at=given.partners[0])
    terms = {"provider_id": given.provider, "amount_minor": 60_00, "reference": "Order"}
    posted(colleague, spending.commit, given.id, scheme_id=given.schemes[0], **terms)
    assert not committed(given, 60_00, scheme=1).waiting  # Another scheme, another person.
    assert committed(given, 41_00).waiting


def test_what_was_reversed_does_not_count(given: GivenPool) -> None:
    first = committed(given, 100_00)
    posted(given.manager, corrections.reverse, given.id, first.transaction_id, reference="No")
    assert not committed(given, 100_00).waiting


def test_a_virement_satisfies_the_table_of_single_ones_and_that_of_sums(given: GivenPool) -> None:
    def vired() -> Outcome:
        return posted(
            given.manager,
            budget.vire,
            given.id,
            from_scheme_id=given.schemes[0],
            to_scheme_id=given.schemes[1],
            amount_minor=30_00,
            reference="Board 2",
        )

    first = vired()
    assert first.control is not None
    assert first.control.voice is Voice.HOST
    posted(given.approver, approvals.approve, first.transaction_id)
    second = vired()
    assert second.control is not None
    assert second.control.voice is Voice.EVERY_PARTNER

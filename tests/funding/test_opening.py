"""Starting in the middle of a year: balanced, shown, approved by every partner, before all else."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ledger.agreements.queries import pooled_fund_terms
from ledger.agreements.rules.fund import Contribution
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Invalid
from ledger.funding.opening.first import NotFirst
from ledger.funding.opening.rules import (
    OfPartner,
    OfProvider,
    OfScheme,
    OpeningRefused,
    Position,
    bring_in,
)
from ledger.funding.opening.service import BroughtIn, propose_opening
from ledger.funding.queries import balances, statements, transactions
from ledger.funding.reconciliation import queries
from ledger.funding.reconciliation import service as reconciling
from ledger.funding.reconciliation.rules.findings import Line, Reason, Source
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import check_balanced
from ledger.funding.service import approvals, budget, corrections, money, spending
from tests.conftest import Sequenced
from tests.funding.test_terms_changed import amended
from tests.given import agreements
from tests.given.funding import GivenPool, allocated, pool, posted
from tests.given.reconciling import CODES, ledger_csv

EVIDENCE = b"trial balance at month 2"


def position(given: GivenPool, **changed: object) -> Position:
    """Return a pool at half-time: £600,000 due, £500,000 paid in, £450,000 spent."""
    contributions = {one: [] for one in given.partners}  # type: ignore[var-annotated]
    for one in _terms(given):
        contributions[one.partner_id].append((one.source, one.amount_minor))
    first, *others = given.partners
    made = Position(
        cash_minor=150_000_00,
        reserve_minor=50_000_00,
        partners=(
            OfPartner(partner_id=first, agreed=tuple(contributions[first]),
                      due_minor=300_000_00, paid_in_minor=200_000_00),
            *(
                OfPartner(partner_id=one, agreed=tuple(contributions[one]),
                          due_minor=150_000_00, paid_in_minor=150_000_00)
                for one in others
            ),
        ),
        providers=(OfProvider(provider_id=given.provider, owed_minor=100_000_00),),
        schemes=(
            OfScheme(scheme_id=given.schemes[0], budget_minor=700_000_00, spent_minor=450_000_00),
            OfScheme(scheme_id=given.schemes[1], budget_minor=100_000_00),
        ),
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]


def _terms(given: GivenPool) -> tuple[Contribution, ...]:
    today = clock.civil_date(clock.now())
    found = pooled_fund_terms(db.session(), given.agreement_id, on=today).contributions
    db.session().rollback()
    return tuple(one for one in found if one.first_day <= today <= one.last_day)


def proposed(given: GivenPool, **changed: object) -> UUID:
    return posted(
        given.manager, propose_opening, given.id, position=position(given, **changed),
        evidence=EVIDENCE, reference="TB 2",
    ).transaction_id  # fmt: skip


@pytest.fixture
def empty(session: Session) -> GivenPool:
    made = pool(contributions=False)
    session.rollback()
    return made


def test_a_pool_goes_on_from_where_it_was(
    empty: GivenPool, sequenced: Sequenced, session: Session
) -> None:
    waiting = proposed(empty)
    with pytest.raises(NotFirst):
        proposed(empty)
    for lead in empty.leads:
        assert balances.balances(session, empty.id)[Account(head=Head.CASH)] == 0
        session.rollback()
        posted(lead, approvals.approve, waiting)
    session.rollback()
    held = balances.balances(session, empty.id)
    assert sum(held.values()) == 0
    assert held[Account(head=Head.CASH)] == 150_000_00
    assert held[Account(head=Head.UNALLOCATED)] == 350_000_00
    said = statements.statement_now(session, empty.view)
    assert said.spent_minor == 450_000_00
    one = transactions.transaction(session, empty.view, waiting)
    assert (one.event, one.basis is not None) == (Event.OPENING_BROUGHT_IN, True)
    session.rollback()
    with pytest.raises(BroughtIn):
        posted(empty.manager, budget.agree_contribution, empty.id, key="C1")
    with pytest.raises(NotFirst):
        proposed(empty)
    goes_on(empty)
    reconciles(empty, sequenced)


def goes_on(given: GivenPool) -> None:
    """What is still to fall due falls due, and what is available is committed and spent."""
    left = {"partner_id": given.partners[0], "amount_minor": 300_000_00}
    posted(given.manager, money.fall_due, given.id, reference="Q3", **left)
    with pytest.raises(money.MoreThanAgreed):
        posted(given.manager, money.fall_due, given.id, reference="Q4", **left)
    contract = {"scheme_id": given.schemes[0], "provider_id": given.provider}
    posted(given.manager, spending.commit, given.id, amount_minor=250_000_00,
           reference="Open contract", **contract)  # fmt: skip


def reconciles(given: GivenPool, sequenced: Sequenced) -> None:
    """Hold the opening to the host's trial balance of that day, account by account."""
    sequenced()
    session = db.session()
    session.rollback()
    host = {"organisation_id": given.partners[0]}
    posted(given.manager, reconciling.map_codes, given.id, codes=CODES, **host)
    (one,) = (
        each for each in transactions.every_transaction(session, given.view)
        if each.event is Event.OPENING_BROUGHT_IN
    )  # fmt: skip
    lines = [
        ledger_line(leg.account.head, leg.amount_minor, one.effective_on)
        for leg in one.postings
        if leg.account.head.value.startswith("F")
    ]
    day = one.effective_on
    session.rollback()
    made = posted(
        given.manager, reconciling.receive, given.id, source=Source.LEDGER, first_day=day,
        last_day=day, content=ledger_csv(lines), **host,
    )  # fmt: skip
    posted(given.manager, reconciling.run, given.id, made)
    session.rollback()
    found = queries.result(session, queries.reconciliation(session, given.id, made))
    assert found.proof.holds
    exact = [each for each in found.findings if each.reason is Reason.EXACT]
    assert len(exact) == len(lines)


def ledger_line(head: Head, amount_minor: int, day: date) -> Line:
    code = CODES.code_of(Account(head=head))
    assert code is not None
    return Line(key="", day=day, amount_minor=amount_minor, reference="TB 2",
                nominal=code.nominal, cost_centre=code.cost_centre)  # fmt: skip


def test_a_position_undone_may_be_brought_in_right(empty: GivenPool, session: Session) -> None:
    waiting = proposed(empty)
    for lead in empty.leads:
        posted(lead, approvals.approve, waiting)
    undo = posted(empty.manager, corrections.reverse, empty.id, waiting, reference="Wrong TB")
    assert undo.waiting
    for lead in empty.leads:
        posted(lead, approvals.approve, undo.transaction_id)
    again = proposed(empty)
    for lead in empty.leads:
        posted(lead, approvals.approve, again)
    session.rollback()
    assert balances.balances(session, empty.id)[Account(head=Head.CASH)] == 150_000_00


def with_second_half(given: GivenPool) -> None:
    """Amend the agreement: every contribution comes again, as large, for the year's second half."""
    terms = agreements.fund_terms(*given.partners)
    assert terms.fund is not None
    first, second = date(2026, 6, 30), date(2026, 7, 1)
    halves = [replace(one, last_day=first) for one in terms.fund.contributions]
    halves += [
        replace(one, key=f"{one.key}-next", first_day=second) for one in terms.fund.contributions
    ]
    amended(given, replace(terms, fund=replace(terms.fund, contributions=tuple(halves))))


def test_a_position_has_its_own_days_contributions_and_not_the_next_ones(
    session: Session, empty: GivenPool
) -> None:
    given = empty
    with_second_half(given)
    year = [(one.source, one.amount_minor) for one in _terms(given) if one.key == "C1"]
    both = replace(position(given).partners[0], agreed=(*year, *year))
    with pytest.raises(Invalid):
        proposed(given, partners=(both, *position(given).partners[1:]))
    waiting = proposed(given)
    for lead in given.leads:
        posted(lead, approvals.approve, waiting)
    with pytest.raises(BroughtIn):
        posted(given.manager, budget.agree_contribution, given.id, key="C1")
    before = balances.balances(session, given.id)[Account(head=Head.UNALLOCATED)]
    session.rollback()
    posted(given.manager, budget.agree_contribution, given.id, key="C1-next")
    session.rollback()
    after = balances.balances(session, given.id)[Account(head=Head.UNALLOCATED)]
    assert after - before == year[0][1], "the next year's is as large, and was not brought in"


def test_what_comes_between_stops_it(empty: GivenPool) -> None:
    waiting = proposed(empty)
    posted(empty.manager, budget.agree_contribution, empty.id, key="C1")
    *some, last = empty.leads
    for lead in some:
        posted(lead, approvals.approve, waiting)
    with pytest.raises(NotFirst):
        posted(last, approvals.approve, waiting)


def test_what_no_pool_can_be_in_is_refused(empty: GivenPool, given: GivenPool) -> None:
    right = position(empty)
    first = right.partners[0]
    scheme = right.schemes[0]
    for changed in (
        {"cash_minor": 150_000_01},
        {"cash_minor": -1},
        {"reserve_minor": 2**53},
        {"reserve_minor": 900_000_00},
        {"partners": (replace(first, paid_in_minor=first.due_minor + 1), *right.partners[1:])},
        {"partners": (replace(first, due_minor=700_000_00), *right.partners[1:])},
        {"partners": (first, first)},
        {"schemes": (replace(scheme, spent_minor=scheme.budget_minor + 1),)},
    ):
        with pytest.raises(OpeningRefused):
            proposed(empty, **changed)
    other = replace(first, agreed=(("Something else", 1),))
    with pytest.raises(Invalid):
        proposed(empty, partners=(other, *right.partners[1:]))
    with pytest.raises(Invalid):
        posted(empty.manager, propose_opening, empty.id, position=right, evidence=b"",
               reference="TB 2")  # fmt: skip
    allocated(given, first=1_00)
    with pytest.raises(NotFirst):
        proposed(given)


minor = st.integers(0, 10**9)


@examples(minor, minor, minor, minor)
@settings(max_examples=60)
def test_every_position_that_is_taken_balances(
    spent: int, paid_in: int, owed: int, reserve: int
) -> None:
    due = paid_in + owed
    made = Position(
        cash_minor=paid_in,
        reserve_minor=reserve,
        partners=(
            OfPartner(partner_id=UUID(int=1), agreed=(("a", due + spent + reserve),),
                      due_minor=due, paid_in_minor=paid_in),
        ),
        providers=(OfProvider(provider_id=UUID(int=2), owed_minor=spent),),
        schemes=(OfScheme(scheme_id=UUID(int=3), budget_minor=spent, spent_minor=spent),),
    )  # fmt: skip
    if due + spent + reserve == 0:
        return
    postings = bring_in(made)
    check_balanced(postings)
    spent_legs = {leg.account.head: leg.amount_minor for leg in postings}
    assert spent_legs.get(Head.SPENT, 0) == spent_legs.get(Head.EXPENDITURE, 0) == spent

"""Whatever happens to a pool, in whatever order, what must always hold still holds."""

from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ledger.core.errors import Bug, Conflict
from ledger.funding.rules import events
from ledger.funding.rules.chart import CHART, Account, Book, Head, Of, accounts_of
from ledger.funding.rules.commitments import Commitment, NotThatMuchOpen
from ledger.funding.rules.limits import BeyondLimit, beyond, check_limits, unauthorised_overspend
from ledger.funding.rules.postings import (
    AlreadyReversed,
    AmountRefused,
    NotReversible,
    Posting,
    Postings,
    balances,
    check_balanced,
    check_reversible,
    movements,
    negated,
)
from ledger.funding.rules.statement import PartnerLine, statement

PARTNERS = tuple(UUID(int=n) for n in (1, 2, 3))
SCHEMES = tuple(UUID(int=n) for n in (21, 22))
PROVIDER = UUID(int=31)
AMOUNTS = st.integers(1, 10**6)
PARTNER, SCHEME = st.sampled_from(PARTNERS), st.sampled_from(SCHEMES)


class APoolsLife(RuleBasedStateMachine):
    """A pool that is given events at random; those beyond a limit are refused."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[Account, int] = {}
        self.postings: list[Posting] = []
        self.undoable: list[Postings] = []
        self.commitments = {scheme: Commitment(committed_minor=0) for scheme in SCHEMES}
        self.agreed = dict.fromkeys(PARTNERS, 0)
        self.received_minor = 0
        self.paid_minor = 0

    def post(self, postings: Postings, *, liability: bool = False) -> bool:
        check_balanced(postings)
        after = balances(self.held, postings)
        try:
            check_limits(self.held, after, liability=liability)
        except BeyondLimit:
            return False
        self.held |= after
        self.postings += postings
        return True

    @rule(partner=PARTNER, amount_minor=AMOUNTS)
    def agree(self, partner: UUID, amount_minor: int) -> None:
        assert self.post(
            events.agree_contribution(partner, amount_minor, "council", recurrent=True)
        )
        self.agreed[partner] += amount_minor

    @rule(partner=PARTNER, amount_minor=AMOUNTS)
    def instalment(self, partner: UUID, amount_minor: int) -> None:
        assert self.post(events.fall_due(partner, amount_minor))

    @rule(partner=PARTNER, amount_minor=AMOUNTS)
    def receive(self, partner: UUID, amount_minor: int) -> None:
        if self.post(events.receive(partner, amount_minor)):
            self.received_minor += amount_minor

    @rule(amount_minor=AMOUNTS)
    def reserve(self, amount_minor: int) -> None:
        self.post(events.set_reserve(amount_minor))

    @rule(scheme=SCHEME, amount_minor=AMOUNTS)
    def release_reserve(self, scheme: UUID, amount_minor: int) -> None:
        self.post(events.release_reserve(scheme, amount_minor))

    @rule(amounts_minor=st.dictionaries(SCHEME, AMOUNTS, min_size=1))
    def allocate(self, amounts_minor: dict[UUID, int]) -> None:
        postings = events.allocate(amounts_minor)
        if self.post(postings):
            self.undoable.append(postings)

    @rule(scheme=SCHEME, amount_minor=AMOUNTS)
    def commit(self, scheme: UUID, amount_minor: int) -> None:
        if self.post(events.commit(scheme, amount_minor)):
            self.commitments[scheme] = self.commitments[scheme].recommitted(amount_minor)

    @rule(scheme=SCHEME, amount_minor=AMOUNTS)
    def release(self, scheme: UUID, amount_minor: int) -> None:
        if self.post(events.release(scheme, amount_minor)):
            self.commitments[scheme] = self.commitments[scheme].released(amount_minor)

    @rule(scheme=SCHEME, amount_minor=AMOUNTS)
    def accrue(self, scheme: UUID, amount_minor: int) -> None:
        covered_minor = self.commitments[scheme].covered(amount_minor)
        owed = events.accrue(scheme, {PROVIDER: amount_minor}, covered_minor=covered_minor)
        assert self.post(owed, liability=True), "a liability is never refused"
        self.commitments[scheme] = self.commitments[scheme].spent(covered_minor)

    @rule(amount_minor=AMOUNTS)
    def pay(self, amount_minor: int) -> None:
        if self.post(events.pay(PROVIDER, amount_minor)):
            self.paid_minor += amount_minor

    @rule(amount_minor=AMOUNTS)
    def vire(self, amount_minor: int) -> None:
        self.post(events.vire(SCHEMES[0], SCHEMES[1], amount_minor))

    @rule(data=st.data())
    def reverse_an_allocation(self, data: st.DataObject) -> None:
        if self.undoable:
            postings = data.draw(st.sampled_from(self.undoable))
            if self.post(negated(postings)):
                self.undoable.remove(postings)

    @invariant()
    def the_trial_balance_is_zero_in_each_book(self) -> None:
        for book in Book:
            assert sum(m for a, m in self.held.items() if a.head.book is book) == 0

    @invariant()
    def no_account_is_beyond_its_limit_unless_a_liability_took_it_there(self) -> None:
        for account, held in self.held.items():
            if not CHART[account.head].yields:
                assert beyond(account, before_minor=0, after_minor=held) == 0

    @invariant()
    def the_statement_adds_up(self) -> None:
        said = statement(movements(self.postings), partners=PARTNERS, schemes=SCHEMES)
        total = said.partners_total

        assert said.agreed_minor == total.agreed_minor == sum(
            (said.unallocated_minor, said.reserve_minor, said.available_minor,
             said.committed_minor, said.spent_minor, said.lapsed_minor)
        )  # fmt: skip
        assert total == PartnerLine.total(said.partners.values())
        assert total.spent_minor == said.spent_minor
        assert total.creditors_minor == sum(said.providers.values())
        assert total.cash_minor == said.cash_minor == self.received_minor - self.paid_minor
        assert total.received_minor == self.received_minor
        for partner, line in said.partners.items():
            assert line.agreed_minor == self.agreed[partner]
            assert line.received_minor + line.owed_minor == line.due_minor
            assert line.owed_minor + line.cash_minor - line.creditors_minor == (
                line.due_minor - line.spent_minor
            )
        for scheme, budget in said.schemes.items():
            assert budget.committed_minor == self.commitments[scheme].open_minor
            assert budget.spent_minor == self.held.get(Account(head=Head.EXPENDITURE, of=scheme), 0)

    @invariant()
    def a_commitment_is_spent_released_or_open(self) -> None:
        for one in self.commitments.values():
            assert one.spent_minor + one.released_minor + one.open_minor == one.committed_minor
            assert min(one.spent_minor, one.released_minor, one.open_minor) >= 0


APoolsLife.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestAPoolsLife = APoolsLife.TestCase


def test_every_head_of_the_chart_is_somewhere_and_on_the_side_it_should_be() -> None:
    assert set(CHART) == set(Head)
    for head, kind in CHART.items():
        assert kind.floor_minor is None or kind.normal == 1, head
        assert kind.ceiling_minor is None or kind.normal == -1, head
    assert {account.head for of in Of for account in _all_of(of)} == set(Head)


def _all_of(of: Of) -> tuple[Account, ...]:
    return accounts_of(of, None if of is Of.POOL else PROVIDER)


def test_overspending_on_an_invoice_is_accepted_and_flagged() -> None:
    before = {Account(head=Head.AVAILABLE, of=SCHEMES[0]): 500}
    after = balances(before, events.accrue(SCHEMES[0], {PROVIDER: 700}, covered_minor=0))

    check_limits(before, after, liability=True)
    assert unauthorised_overspend(after) == {Account(head=Head.AVAILABLE, of=SCHEMES[0]): 200}
    with pytest.raises(BeyondLimit, match=r"£2\.00"):
        check_limits(before, after)


def test_six_promises_of_a_thousand_do_not_fit_into_five_thousand() -> None:
    held = {Account(head=Head.AVAILABLE, of=SCHEMES[0]): 5000_00}
    for _ in range(5):
        held |= balances(held, events.commit(SCHEMES[0], 1000_00))
        check_limits({}, held)
    with pytest.raises(BeyondLimit, match="commitments counted"):
        check_limits(held, balances(held, events.commit(SCHEMES[0], 1000_00)))


def test_an_account_below_its_limit_may_come_back_part_of_the_way() -> None:
    available = Account(head=Head.AVAILABLE, of=SCHEMES[0])

    assert beyond(available, before_minor=-500, after_minor=-200) == 0
    assert beyond(available, before_minor=-500, after_minor=-501) == 501


@pytest.mark.parametrize("amount_minor", [0, -1, 10**13 + 1, 2**53])
def test_an_amount_is_above_zero_and_readable(amount_minor: int) -> None:
    with pytest.raises(AmountRefused):
        events.pay(PROVIDER, amount_minor)


@pytest.mark.parametrize(
    "postings",
    [
        (),
        (Posting(account=Account(head=Head.CASH), amount_minor=1),),
        (
            Posting(account=Account(head=Head.CASH), amount_minor=1),
            Posting(account=Account(head=Head.UNALLOCATED), amount_minor=-1),
        ),
        (
            Posting(account=Account(head=Head.CASH), amount_minor=1),
            Posting(account=Account(head=Head.CASH), amount_minor=-1),
        ),
        (
            Posting(account=Account(head=Head.CASH), amount_minor=0),
            Posting(account=Account(head=Head.RESULT), amount_minor=0),
        ),
        (
            Posting(account=Account(head=Head.CASH), amount_minor=1),
            Posting(account=Account(head=Head.PAYABLE), amount_minor=-1),
        ),
        (
            Posting(account=Account(head=Head.CASH, of=PROVIDER), amount_minor=1),
            Posting(account=Account(head=Head.RESULT), amount_minor=-1),
        ),
    ],
)
def test_what_does_not_balance_in_each_book_is_a_bug(postings: Postings) -> None:
    with pytest.raises(Bug):
        check_balanced(postings)


def test_a_reversal_happens_once_and_says_so() -> None:
    with pytest.raises(AlreadyReversed, match="nothing was changed"):
        check_reversible(reversed_by=PROVIDER, reverses=None)
    with pytest.raises(NotReversible):
        check_reversible(reversed_by=None, reverses=PROVIDER)
    check_reversible(reversed_by=None, reverses=None)


def test_a_commitment_gives_no_more_than_is_open() -> None:
    one = Commitment(committed_minor=100).spent(60)

    assert one.covered(100) == 40
    with pytest.raises(NotThatMuchOpen, match=r"£0\.40"):
        one.released(41)
    with pytest.raises(Conflict):
        one.spent(-61)
    assert one.spent(-60) == Commitment(committed_minor=100)


def test_a_virement_is_between_two_schemes() -> None:
    with pytest.raises(events.SameScheme):
        events.vire(SCHEMES[0], SCHEMES[0], 1)


def test_an_accounts_id_is_a_function_of_pool_and_name() -> None:
    assert Account(head=Head.CASH).id_in(PROVIDER) == Account(head=Head.CASH).id_in(PROVIDER)
    assert Account(head=Head.CASH).id_in(PROVIDER) != Account(head=Head.CASH).id_in(SCHEMES[0])

"""Random years of a pool, by public commands, against a plain model of it (`plain`).

After each command every balance must be what the model says, whether it was accepted or
refused; at the end the sums are taken again from the postings, and the log is replayed.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask, current_app
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import create_engine

from ledger.core import sequencer
from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.core.replay import replay
from ledger.funding.queries import balances, pools, transactions
from ledger.funding.queries.as_of import log_size, sums_at
from ledger.funding.rules.chart import Book, Head
from ledger.funding.rules.sharing import share
from ledger.funding.service import approvals, budget, corrections, money, shares, spending
from ledger.funding.service.posting import Outcome
from tests.funding.plain import No, Plain
from tests.funding.test_statement import adds_up
from tests.given.funding import GivenPool, pool, posted

WHO, SCHEME = st.integers(0, 2), st.integers(0, 1)
PENCE = st.sampled_from([1, 99, 50_00, 100_01, 400_000_00, 1_200_000_00])
AGREED = [600_000_00, 400_000_00, 200_000_00]


class Years(RuleBasedStateMachine):
    """A pool beside its plain model."""

    given: GivenPool
    plain: Plain

    @initialize(allocated=PENCE, arrived=PENCE)
    def begin(self, allocated: int, arrived: int) -> None:
        self.given = pool()
        self.ids: list[UUID] = []
        self.commitments: list[UUID] = []
        self.plain = Plain(agreed=list(AGREED))
        for who, pence in enumerate(AGREED):
            self.plain.post([("B:unallocated", None, pence), ("B:funding", who, -pence)])
            self.ids.append(UUID(int=0))
        self.allocate(0, allocated)
        self.arrive(0, arrived)
        self.began = sequenced()

    def both(self, model: Callable[[], None], command: Callable[..., Any], **said: Any) -> Any:
        """Do it in both, by whoever must; they must agree on whether it may be done."""
        try:
            model()
        except No:
            with pytest.raises(LedgerError):
                self.carried(command, **said)
            return None
        return self.carried(command, **said)

    def carried(self, command: Callable[..., Any], **said: Any) -> Any:
        result = posted(self.given.manager, command, self.given.id, **said)
        outcome: Outcome = result[1] if isinstance(result, tuple) else result
        for one in self.given.leads:
            if not outcome.waiting:
                break
            outcome = posted(one, approvals.approve, outcome.transaction_id)
        assert not outcome.waiting
        self.ids.append(outcome.transaction_id)
        return result

    @rule(who=WHO, pence=PENCE)
    def arrive(self, who: int, pence: int) -> None:
        said = {"partner_id": self.given.partners[who], "amount_minor": pence, "reference": "Q"}
        self.both(lambda: self.plain.fall_due(who, pence), money.fall_due, **said)
        self.both(lambda: self.plain.receive(who, pence), money.receive, **said)

    @rule(pence=PENCE)
    def reserve(self, pence: int) -> None:
        said = {"amount_minor": pence, "reference": "Board"}
        self.both(lambda: self.plain.reserve(pence), budget.set_reserve, **said)

    @rule(scheme=SCHEME, pence=PENCE)
    def allocate(self, scheme: int, pence: int) -> None:
        said = {"amounts_minor": {self.given.schemes[scheme]: pence}, "reference": "Board"}
        self.both(lambda: self.plain.allocate(scheme, pence), budget.allocate, **said)

    @rule(scheme=SCHEME, pence=PENCE)
    def release_reserve(self, scheme: int, pence: int) -> None:
        said = self._of(scheme, pence)
        self.both(lambda: self.plain.release_reserve(scheme, pence), budget.release_reserve, **said)

    @rule(scheme=SCHEME, pence=PENCE)
    def vire(self, scheme: int, pence: int) -> None:
        one, other = self.given.schemes[scheme], self.given.schemes[1 - scheme]
        said = {"from_scheme_id": one, "to_scheme_id": other, "amount_minor": pence}
        model = lambda: self.plain.vire(scheme, 1 - scheme, pence)  # noqa: E731
        self.both(model, budget.vire, **said, reference="Board")

    @rule(scheme=SCHEME, pence=PENCE)
    def commit(self, scheme: int, pence: int) -> None:
        said = {**self._of(scheme, pence), "provider_id": self.given.provider}
        made = self.both(lambda: self.plain.commit(scheme, pence), spending.commit, **said)
        if made:
            self.commitments.append(made[0])

    @precondition(lambda self: self.commitments)
    @rule(data=st.data(), pence=PENCE)
    def release(self, data: st.DataObject, pence: int) -> None:
        which = data.draw(st.integers(0, len(self.commitments) - 1))
        said = {"commitment_id": self.commitments[which], "amount_minor": pence}
        self.both(lambda: self.plain.release(which, pence), spending.release, **said)

    @rule(data=st.data(), scheme=SCHEME, pence=PENCE)
    def accrue(self, data: st.DataObject, scheme: int, pence: int) -> None:
        mine = [n for n, one in enumerate(self.plain.promised) if one.scheme == scheme]
        which = data.draw(st.sampled_from([None, *mine]))
        said = {**self._of(scheme, pence), "provider_id": self.given.provider}
        if which is not None:
            said["commitment_id"] = self.commitments[which]
        self.both(lambda: self.plain.accrue(scheme, pence, which), spending.accrue, **said)

    @rule(pence=PENCE)
    def pay(self, pence: int) -> None:
        said = {"provider_id": self.given.provider, "amount_minor": pence, "reference": "I"}
        self.both(lambda: self.plain.pay(pence), money.propose_payment, **said)

    @rule(scheme=SCHEME, pence=PENCE)
    def overspend(self, scheme: int, pence: int) -> None:
        model = lambda: self.plain.overspend(scheme, pence)  # noqa: E731
        self.both(model, budget.authorise_overspend, **self._of(scheme, pence))

    @rule(pence=PENCE)
    def share_overspend(self, pence: int) -> None:
        parts = list(share(pence, dict(enumerate(AGREED))).values())
        said = {"amount_minor": pence, "reference": "Board"}
        self.both(lambda: self.plain.share_overspend(parts), shares.share_overspend, **said)

    @precondition(lambda self: len(self.ids) > len(AGREED))
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        which = data.draw(st.integers(len(AGREED), len(self.ids) - 1))
        said = {"transaction_id": self.ids[which], "reference": "Wrong"}
        self.both(lambda: self.plain.undo(which), corrections.reverse, **said)

    @rule()
    def somebody_elses_account(self) -> None:
        said = {**self._of(0, 1), "provider_id": uuid4()}
        with pytest.raises(LedgerError):
            posted(self.given.manager, spending.commit, self.given.id, **said)

    def _of(self, scheme: int, pence: int) -> dict[str, Any]:
        return {"scheme_id": self.given.schemes[scheme], "amount_minor": pence, "reference": "R"}

    def said(self) -> dict[tuple[str, int | None], int]:
        """Return what the ledger holds, in the model's words."""
        numbers: dict[UUID | None, int | None] = {None: None, self.given.provider: None}
        numbers |= {one: n for n, one in enumerate(self.given.partners)}
        numbers |= {one: n for n, one in enumerate(self.given.schemes)}
        db.session.rollback()
        held = balances.balances(db.session(), self.given.id)
        return {(one.head.value, numbers[one.of]): held[one] for one in held if held[one]}

    @invariant()
    def every_balance_is_what_the_model_says(self) -> None:
        assert self.said() == {one: pence for one, pence in self.plain.held.items() if pence}

    @invariant()
    def sums_hold(self) -> None:
        """Budget in every state; what partners owe and gave; what is promised."""
        held = self.said()

        def total(*heads: str) -> int:
            return sum(pence for (head, _), pence in held.items() if head in heads)

        budget_heads = ("unallocated", "reserve", "available", "committed", "spent", "lapsed")
        funding = ("B:funding", "B:funding-brought-forward", "B:funding-overspend")
        assert total(*(f"B:{one}" for one in budget_heads)) == -total(*funding)
        assert total("B:spent") == total("F:expenditure")
        views = pools.commitments(db.session(), self.given.view)
        assert total("B:committed") == sum(one.state.open_minor for one in views)
        assert [
            (v.state.committed_minor, v.state.spent_minor, v.state.released_minor) for v in views
        ] == [(one.committed, one.spent, one.released) for one in self.plain.promised]
        for who in range(len(AGREED)):
            income = held.get(("F:income", who), 0) + held.get(("F:income-riskshare", who), 0)
            assert held.get(("B:funding", who), 0) <= income  # Never asked for more than agreed.

    def teardown(self) -> None:
        if not hasattr(self, "plain"):
            return
        db.session.rollback()
        session = db.session()
        summed: dict[Any, int] = {}
        for one in reversed(transactions.every_transaction(session, self.given.view)):
            for book in Book:
                legs = [leg for leg in one.postings if leg.account.head.book is book]
                assert sum(leg.amount_minor for leg in legs) == 0
            for leg in one.postings:
                summed[leg.account] = summed.get(leg.account, 0) + leg.amount_minor
        held = balances.balances(session, self.given.id)
        assert {a: n for a, n in summed.items() if n} == {a: n for a, n in held.items() if n}
        assert {Head(head) for head, _ in self.plain.held} <= set(Head)
        self.statements_add_up()

    def statements_add_up(self) -> None:
        """Partners and host are the pool, line by line, at a few sizes of the log."""
        last, view, session = sequenced(), self.given.view, db.session()
        for size in {self.began, last, *Random(last).choices(range(self.began, last + 1), k=2)}:
            adds_up(list(sums_at(session, self.given.id, size)), view, session, size)
        db.session.rollback()


def sequenced() -> int:
    """Give every entry its index; return the size of the log."""
    db.session.rollback()
    sequencer.drain(db.engine, current_app.extensions["signers"])
    return log_size(db.session())


def run(examples: int, steps: int) -> None:
    few = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Years, settings=few)


def check_replay(folder: Path) -> None:
    copy = create_engine(f"sqlite:///{folder / 'copy.sqlite3'}")
    db.session.rollback()
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []


def test_a_few_random_years(app: Flask, tmp_path: Path) -> None:
    run(3, 20)
    check_replay(tmp_path)


@pytest.mark.soak
def test_many_random_years(app: Flask, tmp_path: Path) -> None:
    run(25, 50)
    check_replay(tmp_path)

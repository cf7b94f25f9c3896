"""Two people at the same moment: on PostgreSQL they wait for one another, and limits hold."""

from uuid import UUID

from flask import Flask

from ledger.core.db import db
from ledger.funding.queries import balances
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.limits import BeyondLimit
from ledger.funding.rules.postings import AlreadyReversed
from ledger.funding.service import approvals, corrections, spending
from ledger.funding.service.approvals import NotWaiting
from tests.beginnings import begins_with
from tests.given.funding import GivenPool, accrued, allocated, pool, posted, proposed, received
from tests.given.races import at_once


def scene() -> GivenPool:
    made = pool()
    allocated(made, first=100_00)
    received(made, 100_00)
    return made


beginning = begins_with(scene)


def held(given: GivenPool, head: Head, of: UUID | None = None) -> int:
    return balances.balance(db.session(), Account(head=head, of=of).id_in(given.id))


def test_the_last_of_a_budget_is_promised_once(app: Flask, given: GivenPool) -> None:
    def commit() -> object:
        return posted(
            given.manager,
            spending.commit,
            given.id,
            scheme_id=given.schemes[0],
            provider_id=given.provider,
            amount_minor=40_00,
            reference="Order",
        )

    refused = at_once(app, commit, commit, commit, commit)
    assert [type(one) for one in refused] == [BeyondLimit, BeyondLimit]
    assert held(given, Head.COMMITTED, given.schemes[0]) == 80_00


def test_a_payment_is_posted_once_by_two_approvers(app: Flask, given: GivenPool) -> None:
    accrued(given, 50_00)
    waiting = proposed(given, 50_00)
    db.session.rollback()
    refused = at_once(
        app,
        lambda: posted(given.approver, approvals.approve, waiting),
        lambda: posted(given.leads[0], approvals.approve, waiting),
    )
    assert [type(one) for one in refused] == [NotWaiting]
    assert held(given, Head.CASH) == 50_00


def test_a_transaction_is_reversed_once_by_two_people(app: Flask, given: GivenPool) -> None:
    invoice = accrued(given, 50_00)
    db.session.rollback()

    def reverse() -> object:
        return posted(given.manager, corrections.reverse, given.id, invoice, reference="x")

    refused = at_once(app, reverse, reverse)
    assert [type(one) for one in refused] == [AlreadyReversed]
    assert held(given, Head.PAYABLE, given.provider) == 0

"""As of a size of the log: the same size gives the same answer, whatever comes later."""

import pytest
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.as_said import LogNotThatLong, tree_root
from ledger.core.trail import Leaf, LogEntry
from ledger.directory.queries.as_said import organisations_then
from ledger.directory.service import organisations as naming
from ledger.funding.models import PoolAccount, PoolPosting, PoolTransaction
from ledger.funding.queries.as_of import balances_at, log_size, pool_at, sums_at
from ledger.funding.rules.chart import Account, Head
from ledger.funding.service import pools
from tests.conftest import Sequenced
from tests.given import directory
from tests.given.funding import accrued, allocated, paid, pool, posted, received


def summed(session: Session, pool_id: object, size: int) -> dict[Account, int]:
    """Add up every posting within a size, the plain way."""
    found: dict[Account, int] = {}
    for account, of, amount in (
        session.query(PoolAccount.head, PoolAccount.of, PoolPosting.amount_minor)
        .join(PoolPosting, PoolPosting.account_id == PoolAccount.id)
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
        .join(LogEntry, LogEntry.id == PoolTransaction.entry_id)
        .join(Leaf, Leaf.position == LogEntry.position)
        .filter(PoolAccount.pool_id == pool_id, Leaf.log == "ledger", Leaf.index < size)
    ):
        one = Account(head=Head(account), of=of)
        found[one] = found.get(one, 0) + amount
    return found


def test_balances_at_every_size_are_the_sums_of_the_postings(
    session: Session, sequenced: Sequenced
) -> None:
    one, other = pool(), pool()
    for given in (one, other):
        allocated(given, first=500_000_00, second=1_234_56)
        received(given, 150_000_00)
        accrued(given, 40_000_01)
        paid(given, 40_000_00)
    sequenced()
    session.rollback()
    for size in range(log_size(session) + 1):
        expected = summed(session, one.id, size)
        assert balances_at(session, one.id, size) == expected
        by_day: dict[Account, int] = {}
        for each in sums_at(session, one.id, size):
            by_day[each.account] = by_day.get(each.account, 0) + each.amount_minor
        assert by_day == expected
    with pytest.raises(LogNotThatLong):
        balances_at(session, one.id, log_size(session) + 1)


def test_what_has_no_index_yet_is_in_no_size(session: Session, sequenced: Sequenced) -> None:
    given = pool()
    sequenced()
    session.rollback()
    before = balances_at(session, given.id, log_size(session))
    allocated(given, first=1)
    session.rollback()
    assert balances_at(session, given.id, log_size(session)) == before


def test_later_names_schemes_and_periods_do_not_reach_back(
    session: Session, sequenced: Sequenced
) -> None:
    given = pool()
    sequenced()
    session.rollback()
    size = log_size(session)
    then, root = pool_at(session, given.view, size), tree_root(session, size)
    names = organisations_then(session, given.partners, size=size)
    posted(given.manager, pools.add_scheme, given.id, title="Later")
    posted(
        directory.member(Role.STEWARD),
        naming.rename_organisation,
        organisation_id=given.partners[0],
        name="Another name",
    )
    (period,) = given.view.periods
    posted(given.manager, pools.close_period, given.id, period.id)
    sequenced()
    session.rollback()
    assert pool_at(session, given.view, size) == then
    assert organisations_then(session, given.partners, size=size) == names
    assert tree_root(session, size) == root
    newest = log_size(session)
    now = pool_at(session, given.view, newest)
    assert [one.title for one in now.schemes] == ["Reablement", "Equipment", "Later"]
    assert [one.closed_at is None for one in now.periods] == [False]
    renamed = organisations_then(session, given.partners, size=newest)
    assert renamed[given.partners[0]].name == "Another name"

"""Who prepares a file of payments, and what files in a row add up to."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.funding.imports.models import PaymentImport
from ledger.funding.imports.service import batches as import_batches
from ledger.funding.imports.service import files as imports
from ledger.funding.imports.service.files import AnothersFile
from ledger.funding.queries import proposals
from ledger.funding.rules.controls import MakerApproves, RankTooLow, Voice
from tests.given import directory, payments
from tests.given.funding import GivenPool, accrued, allocated, pool, posted, proposed, received

BY_SUM = [
    ("payment within 30 days", 20_00, "host finance lead"),
    ("payment within 30 days", None, "every partner's chief finance officer"),
]


def both(given: GivenPool) -> Actor:
    """Return somebody who prepares and approves for the host."""
    member = directory.member(Role.POOL_MANAGER, at=given.partners[0])
    return replace(member, roles=frozenset({Role.POOL_MANAGER, Role.FINANCE_LEAD}))


def test_whoever_brought_a_file_in_sends_it_and_so_never_approves_it(given: GivenPool) -> None:
    import_id = payments.uploaded(given, payments.file(payments.rows(3)))
    colleague = both(given)
    with pytest.raises(AnothersFile):
        posted(colleague, imports.correct, import_id, said={})
    with pytest.raises(AnothersFile):
        posted(colleague, import_batches.send, import_id)
    posted(given.manager, import_batches.send, import_id)
    again = replace(given.manager, roles=colleague.roles)
    with pytest.raises(MakerApproves):
        posted(again, import_batches.approve, import_id)
    assert posted(colleague, import_batches.approve, import_id)


def test_a_colleague_takes_the_file_back_and_brings_it_in(given: GivenPool) -> None:
    content = payments.file(payments.rows(3))
    import_id = payments.uploaded(given, content)
    posted(both(given), imports.discard, import_id)
    posted(both(given), imports.upload, given.id, content=content)


def sent(given: GivenPool, number: int) -> PaymentImport:
    """Send a file of one payment of £11.10 and a bit."""
    import_id = payments.uploaded(given, payments.file(payments.rows(1, first=number)))
    posted(given.manager, import_batches.send, import_id)
    db.session.remove()
    return db.session().scalars(select(PaymentImport).where(PaymentImport.id == import_id)).one()


def strict(batch: PaymentImport) -> bool:
    return batch.control.voice is Voice.EVERY_PARTNER


def test_files_below_the_limit_add_up_to_one_above_it(session: Session) -> None:
    given = pool(steps=BY_SUM)
    assert not strict(sent(given, 10))
    second = sent(given, 11)
    assert strict(second), "the first one waits, and counts"
    with pytest.raises(RankTooLow):
        posted(given.approver, import_batches.approve, second.id)


def test_a_payment_after_a_file_counts_it(session: Session) -> None:
    given = pool(steps=BY_SUM)
    allocated(given, first=100_00)
    received(given, 100_00)
    accrued(given, 50_00)
    assert not asks_every_partner(given, proposed(given, 5_00))
    sent(given, 10)
    assert asks_every_partner(given, proposed(given, 5_00))


def asks_every_partner(given: GivenPool, transaction_id: UUID) -> bool:
    waiting = proposals.waiting(db.session(), given.view)
    (one,) = [one for one in waiting if one.transaction.transaction_id == transaction_id]
    return one.control.voice is Voice.EVERY_PARTNER

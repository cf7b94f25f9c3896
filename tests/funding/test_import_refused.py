"""An approved import whose posting is refused: it stops, says why, and waits for a person."""

from contextlib import suppress
from uuid import UUID

import pytest

from ledger.core.authority import Refused
from ledger.core.db import db
from ledger.funding.imports import background as importing
from ledger.funding.imports import queries
from ledger.funding.imports.models import PaymentImport
from ledger.funding.imports.queries import ImportView
from ledger.funding.imports.service import batches as import_batches
from ledger.funding.imports.service import files as imports
from ledger.funding.imports.service.batches import ImportNotWaiting
from ledger.funding.imports.service.files import NotInThatStage
from ledger.funding.rules.chart import Head
from ledger.funding.service import pools
from tests.given import payments
from tests.given.funding import GivenPool, held, posted, received


def seen(given: GivenPool, import_id: UUID) -> ImportView:
    db.session.remove()
    return queries.import_of(db.session(), given.view, import_id)


def test_cash_is_never_below_zero_and_then_nothing_is_posted(given: GivenPool) -> None:
    import_id = payments.uploaded(given, payments.file(payments.rows(10)))
    posted(given.manager, imports.correct, import_id, said={"paid_by_host": False})
    importing.carry_on()
    posted(given.manager, import_batches.send, import_id)
    posted(given.approver, import_batches.approve, import_id)
    importing.carry_on()
    one = seen(given, import_id)
    assert one.stage == "failed"
    assert "cash" in (one.problem or "")
    received(given, 100_000_00)
    assert importing.carry_on() == 0  # It waits for a person, not for the next second.
    assert queries.posted_count(db.session(), import_id) == 0
    again, drop = import_batches.try_again, import_batches.drop
    for actor, command in ((given.leads[1], again), (given.manager, again)):
        with suppress(Refused):  # Only the host's people may.
            posted(actor, command, import_id)
        assert (seen(given, import_id).stage == "posting") is (actor is given.manager)
    for late, why in ((again, NotInThatStage), (drop, ImportNotWaiting)):
        with pytest.raises(why):
            posted(given.manager, late, import_id)
    importing.carry_on()
    assert queries.posted_count(db.session(), import_id) == 10
    paid_minor = (one.report or {})["total_minor"]
    assert held(db.session(), given, Head.CASH) == 100_000_00 - paid_minor


def test_days_without_a_period_get_one_and_a_closed_period_refuses(given: GivenPool) -> None:
    import_id = payments.uploaded(given, payments.file(payments.rows(5)))
    posted(given.manager, import_batches.send, import_id)
    posted(given.approver, import_batches.approve, import_id)
    first = given.view.periods[0]
    posted(given.manager, pools.close_period, given.id, first.id)
    importing.carry_on()
    one = seen(given, import_id)
    assert "closed" in (one.problem or "")
    batch = db.session().get_one(PaymentImport, import_id)
    assert batch.state == "approved"
    assert queries.posted_count(db.session(), import_id) == 0
    db.session.rollback()
    posted(given.approver, import_batches.drop, import_id)
    assert seen(given, import_id).stage == "dropped"

"""A file of payments waits where those whose approval it needs will see it."""

from html import unescape

from ledger.core.actor import Role
from ledger.funding.imports.service import batches
from tests.beginnings import begins_with
from tests.directory.conftest import ActAs, form
from tests.given import directory, payments
from tests.given.funding import GivenPool, allocated, pool, posted

PAGE = {"Accept": "text/html"}


def scene() -> GivenPool:
    made = pool()
    allocated(made, first=500_00)
    return made


beginning = begins_with(scene)


def test_a_file_that_was_sent_waits_for_whoever_may_approve_it(
    act_as: ActAs, given: GivenPool
) -> None:
    upload_id = payments.uploaded(given, payments.file(payments.rows(2)))
    here = f"/pools/{given.id}/imports/{upload_id}"
    assert here not in act_as(given.approver).get("/", headers=PAGE).text
    posted(given.manager, batches.send, upload_id)
    stranger = directory.member(Role.FINANCE_LEAD, at=given.provider)
    for actor, waits in (
        (given.approver, True),
        (given.manager, False),
        (given.leads[1], False),
        (stranger, False),
    ):
        text = unescape(act_as(actor).get("/", headers=PAGE).text)
        assert (here in text) is waits
        assert ("2 payments from a file" in text) is waits
    asked = unescape(act_as(given.approver).get(here, headers=PAGE).text)
    assert "They put one scheme beyond budget, by £1.00 in all" in asked
    assert asked.index("beyond budget") < asked.index("Approve all of these payments")
    of_pool = unescape(act_as(given.leads[1]).get(f"/pools/{given.id}", headers=PAGE).text)
    assert "2 payments from a file" in of_pool
    assert "Approve all" not in act_as(given.leads[1]).get(here, headers=PAGE).text

    posted(given.approver, batches.approve, upload_id)
    assert here not in act_as(given.approver).get("/", headers=PAGE).text
    assert "Approved by" in act_as(given.approver).get(here, headers=PAGE).text


def test_what_was_chosen_stays_chosen_when_it_is_refused(act_as: ActAs, given: GivenPool) -> None:
    upload_id = payments.uploaded(given, payments.file(payments.rows(2)))
    here, client = f"/pools/{given.id}/imports/{upload_id}", act_as(given.manager)
    twice = {"column-day": "0", "column-amount": "4", "column-reference": "4"}
    refused = client.post(f"{here}/mapping", data={**form(), **twice}, headers=PAGE)
    assert refused.status_code == 422
    amounts = refused.text.split('name="column-amount"')[1].split("</select>")[0]
    assert '<option value="4" selected>' in amounts
    far = client.post(f"{here}/mapping", data={**form(), "column-day": "9999"}, headers=PAGE)
    assert far.status_code == 422

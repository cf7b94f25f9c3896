"""The inbox of approvals: what one may approve in every pool, and never what one may not."""

from html import unescape

from ledger.core.actor import Role
from tests.beginnings import begins_with
from tests.directory.conftest import ActAs, form
from tests.given import directory
from tests.given.funding import GivenPool, accrued, allocated, pool, proposed, received

PAGE = {"Accept": "text/html"}


def scene() -> GivenPool:
    made = pool()
    allocated(made, first=500_00)
    received(made, 400_00)
    accrued(made, 300_00)
    return made


beginning = begins_with(scene)


def test_what_waits_says_why_it_is_mine_and_is_decided_there(
    act_as: ActAs, given: GivenPool
) -> None:
    first, second = proposed(given, 50_00), proposed(given, 70_00)
    client = act_as(given.approver)
    shown = unescape(client.get("/approvals", headers=PAGE).text)
    assert "You act as finance lead of the host. £50.00 waits for" in shown
    assert "clause" in shown
    done = client.post(
        f"/pools/{given.id}/approvals/{first}",
        data={**form(), "back": "inbox"},
        headers=PAGE,
        follow_redirects=True,
    )
    assert done.request.path == "/approvals"
    assert "Pay: £70.00" in unescape(done.text)
    assert f'/pools/{given.id}/transactions/{first}"' in done.text
    said_no = client.post(
        f"/pools/{given.id}/approvals/{second}/drop",
        data={**form(), "back": "inbox", "reason": "not-owed"},
        headers=PAGE,
        follow_redirects=True,
    )
    assert "Nothing waits for your approval." in said_no.text


def test_what_one_may_not_approve_is_not_there(act_as: ActAs, given: GivenPool) -> None:
    waiting = proposed(given, 50_00)
    partner, maker = given.leads[1], given.manager
    stranger = directory.member(Role.FINANCE_LEAD, at=given.provider)
    for actor in (partner, maker, stranger):
        text = act_as(actor).get("/approvals", headers=PAGE).text
        assert "Nothing waits for your approval." in text
        assert f"/approvals/{waiting}" not in text
    assert "Pay: £50.00" in unescape(act_as(maker).get("/approvals", headers=PAGE).text)
    assert "Pay:" not in act_as(stranger).get("/approvals", headers=PAGE).text

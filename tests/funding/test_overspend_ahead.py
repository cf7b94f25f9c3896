"""Pages about what is agreed, or asked, before a spend: caps, and parts that partners set."""

import pytest
from sqlalchemy.orm import Session

from ledger.agreements.rules.fund import ShareBasis
from ledger.core.actor import Role
from tests.directory.conftest import ActAs, form
from tests.funding.test_overspend import chiefs, lift, stretched
from tests.given import directory
from tests.given.funding import GivenPool, pool

PAGE = {"Accept": "text/html"}


@pytest.fixture
def given(session: Session) -> GivenPool:
    return stretched(cap_minor=20_00)


def test_chiefs_agree_on_a_page_that_partners_bear_more(act_as: ActAs, given: GivenPool) -> None:
    address = f"/pools/{given.id}/overspends/{given.schemes[0]}/cap"
    seen = act_as(given.manager).get(address, headers=PAGE).text
    assert "at most £20.00 in a period" in seen
    assert seen.count("Not yet") == 3
    assert "Agree for my organisation" not in seen
    first, *others = chiefs(given)
    client = act_as(first)
    assert "Agree for my organisation" in client.get(address, headers=PAGE).text
    for wrong in ("", "-1", "1e9", "0", "9" * 30, "<script>"):
        answer = client.post(address, data=form(up_to=wrong), headers=PAGE)
        assert answer.status_code == 422, wrong
        assert "<script>" not in answer.text.partition("<main")[2]
    assert client.post(address, data=form(up_to="60.00"), headers=PAGE).status_code == 303
    agreed = client.get(address, headers=PAGE).text
    assert "Up to £60.00" in agreed
    assert "Every finance chief has agreed" not in agreed
    for other in others:
        lift(given, other, 50_00)
    assert "from now on it is £50.00" in client.get(address, headers=PAGE).text


def test_who_may_agree_on_the_page(act_as: ActAs, given: GivenPool) -> None:
    address = f"/pools/{given.id}/overspends/{given.schemes[0]}/cap"
    auditor = directory.member(Role.AUDITOR, at=given.partners[0])
    stranger = directory.member(Role.CHIEF_FINANCE_OFFICER)
    expected = {given.manager: 403, given.leads[1]: 403, auditor: 403, stranger: 404}
    for actor, status in expected.items():
        client = act_as(actor)
        assert client.post(address, data=form(up_to="60.00"), headers=PAGE).status_code == status
    other = f"/pools/{given.id}/overspends/{given.partners[0]}/cap"
    assert act_as(given.manager).get(other, headers=PAGE).status_code == 404


def test_parts_that_partners_set_are_asked_for_and_shown(act_as: ActAs, session: Session) -> None:
    given = pool(basis=ShareBasis.VARIABLE)
    client, base = act_as(given.manager), f"/pools/{given.id}/overspends/what-if"
    first, second, third = (f"weight-{one}" for one in given.partners)
    assert first in client.get(base, headers=PAGE).text
    # All £1,200,000 is unallocated; £100 more is for the partners.
    asked = {"scheme": str(given.schemes[0]), "amount": "1200100.00"}
    parts = {first: "1/3", second: "2/3", third: ""}
    shown = client.get(base, query_string={**asked, **parts}, headers=PAGE).text
    assert "£33.33" in shown
    assert "£66.67" in shown
    usual = client.get(base, query_string=asked, headers=PAGE).text
    assert "£50.00" in usual
    for wrong in ("-1", "1/0", "1e9", "x" * 5000):
        answer = client.get(base, query_string={**asked, first: wrong}, headers=PAGE)
        assert answer.status_code == 422
    fixed = pool()
    plain = act_as(fixed.manager).get(f"/pools/{fixed.id}/overspends/what-if", headers=PAGE)
    assert "weight-" not in plain.text

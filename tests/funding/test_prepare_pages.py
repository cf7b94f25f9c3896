"""Preparing money on pages: asked, looked at, sent; and who must approve, said beforehand."""

import re
from html import unescape
from uuid import uuid4

from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.funding.queries import pools, proposals, transactions
from ledger.funding.rules.chart import Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.thresholds import APPROVERS
from ledger.funding.service import approvals
from ledger.web.funding_forms import FORMS
from ledger.web.funding_lines import WHY_NOT, waits_for
from tests.beginnings import begins_with
from tests.directory.conftest import ActAs, form
from tests.given import directory
from tests.given.funding import (
    GivenPool,
    accrued,
    allocated,
    held,
    pool,
    posted,
    proposed,
    received,
)

PAGE = {"Accept": "text/html"}
STEPS = (
    ("virement", 50_00, "host finance lead"),
    ("virement", None, "every partner's chief finance officer"),
    ("commitment", 80_00, "pool manager"),
    ("commitment", None, "two host finance leads"),
)


def scene() -> GivenPool:
    made = pool(steps=STEPS)
    allocated(made, first=500_00, second=100_00)
    received(made, 300_00)
    accrued(made, 200_00)
    return made


beginning = begins_with(scene)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def filled(given: GivenPool, **chosen: str) -> dict[str, str]:
    return form(
        **{
            "scheme_id": str(given.schemes[0]),
            "from_scheme_id": str(given.schemes[0]),
            "to_scheme_id": str(given.schemes[1]),
            "provider_id": str(given.provider),
            "amount_minor": "50.00",
            "reference": "Board 7",
            **chosen,
        }
    )


LOOKS = (
    ("payment", "50.00", "approval by one other person of the host"),
    ("virement", "£50.00", "approval by one other person of the host"),
    ("virement", "50.01", "the chief finance officer of every partner"),
    ("commitment", "80.00", "Nobody else has to approve"),
    ("commitment", "80.01", "approval by two other people of the host"),
    ("allocation", "1,000.00", "Nobody else has to approve"),
    ("accrual", "400.00", "will be £100.00 beyond its budget"),
)


def test_a_look_says_what_would_come_of_it_and_records_nothing(
    session: Session, act_as: ActAs, given: GivenPool
) -> None:
    client = act_as(given.manager)
    before = len(list(transactions.every_transaction(session, given.view)))
    for kind, amount, says in LOOKS:
        address = f"/pools/{given.id}/prepare/{kind}"
        assert client.get(address, headers=PAGE).status_code == 200
        looked = client.post(address, data=filled(given, amount_minor=amount), headers=PAGE)
        assert looked.status_code == 200
        assert says in words(looked.text)
    session.rollback()
    assert len(list(transactions.every_transaction(session, given.view))) == before
    assert proposals.waiting(session, given.view) == []


def test_what_was_looked_at_is_sent_once(session: Session, act_as: ActAs, given: GivenPool) -> None:
    client, address = act_as(given.manager), f"/pools/{given.id}/prepare/commitment"
    said = filled(given, looked="yes", amount_minor="70.00")
    assert client.post(address, data=said, headers=PAGE).status_code == 303
    assert client.post(address, data=said, headers=PAGE).status_code == 422
    session.rollback()
    (one,) = pools.commitments(session, given.view)
    assert one.state.open_minor == 70_00
    shown = client.get(f"/pools/{given.id}/prepare/accrual", headers=PAGE)
    assert "£70.00 open" in shown.text
    accrual = filled(given, looked="yes", commitment_id=str(one.id), amount_minor="70.00")
    client.post(f"/pools/{given.id}/prepare/accrual", data=accrual, headers=PAGE)
    session.rollback()
    assert held(session, given, Head.COMMITTED, given.schemes[0]) == 0
    (newest,) = transactions.transactions(session, given.view, limit=1)
    assert newest.event is Event.EXPENDITURE_ACCRUED


WRONG: tuple[tuple[str, dict[str, str], str], ...] = (
    ("payment", {"amount_minor": "6.5"}, "is no amount"),
    ("payment", {"amount_minor": "-1.00"}, "more than zero"),
    ("payment", {"amount_minor": "0"}, "more than zero"),
    ("payment", {"amount_minor": "9" * 17}, "more than this ledger"),
    ("payment", {"amount_minor": "200.01"}, "than is owed"),
    ("payment", {"provider_id": str(uuid4())}, "choose one from the list"),
    ("payment", {"reference": ""}, "write between"),
    ("payment", {"reference": "a\nb"}, "write between"),
    ("commitment", {"amount_minor": "300.01"}, "does not have that much"),
    ("virement", {"to_scheme_id": "x"}, "choose one from the list"),
    ("allocation", {"amount_minor": "9,000,000.00"}, "not that much unallocated"),
)


def test_what_is_wrong_is_said_beside_the_question(act_as: ActAs, given: GivenPool) -> None:
    client = act_as(given.manager)
    for kind, wrong, says in WRONG:
        for extra in ({}, {"looked": "yes"}):
            address = f"/pools/{given.id}/prepare/{kind}"
            sent = client.post(address, data=filled(given, **{**wrong, **extra}), headers=PAGE)
            assert sent.status_code == 422
            assert says in words(sent.text)


def test_only_the_host_prepares(act_as: ActAs, given: GivenPool) -> None:
    stranger = act_as(directory.member(Role.POOL_MANAGER))
    assert stranger.get(f"/pools/{given.id}/prepare", headers=PAGE).status_code == 404
    partner = act_as(given.leads[1])
    assert "where you are asked, approve it" in partner.get(f"/pools/{given.id}/prepare").text
    for kind in FORMS:
        address = f"/pools/{given.id}/prepare/{kind}"
        assert partner.get(address, headers=PAGE).status_code == 403
        sent = partner.post(address, data=filled(given, looked="yes"), headers=PAGE)
        assert sent.status_code == 403
    manager = act_as(given.manager)
    assert manager.get(f"/pools/{given.id}/prepare/gift", headers=PAGE).status_code == 404
    listed = manager.get(f"/pools/{given.id}/prepare", headers=PAGE).text
    assert all(one.title in listed for one in FORMS.values())


def test_the_inbox_says_what_it_does_and_who_may_say_yes(
    session: Session, act_as: ActAs, given: GivenPool
) -> None:
    waiting = proposed(given, 50_00)
    address = f"/pools/{given.id}/approvals"
    lead = words(act_as(given.approver).get(address, headers=PAGE).text)
    assert "Cash" in lead
    assert "Budget" not in lead.partition("What it does")[2].partition("Approve")[0].replace(
        "Book", ""
    )
    other = words(act_as(given.leads[1]).get(address, headers=PAGE).text)
    assert "Your organisation's approval is not asked for here." in other
    client = act_as(given.approver)
    refused = client.post(
        f"{address}/{waiting}/drop", data=form(reason="my own words"), headers=PAGE
    )
    assert refused.status_code == 422
    client.post(f"{address}/{waiting}/drop", data=form(reason="wrong-amount"), headers=PAGE)
    session.rollback()
    assert proposals.waiting(session, given.view) == []
    again = proposed(given, 40_00)
    posted(given.approver, approvals.approve, again)
    assert WHY_NOT["wrong-amount"] == "The amount is wrong"


def test_a_chief_finance_officer_is_told_on_the_start_page(act_as: ActAs, given: GivenPool) -> None:
    proposed(given, 50_00)
    chief = directory.member(Role.CHIEF_FINANCE_OFFICER, at=given.partners[0])
    assert "1 to approve" in words(act_as(chief).get("/", headers=PAGE).text)
    other = directory.member(Role.CHIEF_FINANCE_OFFICER, at=given.partners[1])
    assert "to approve" not in words(act_as(other).get("/", headers=PAGE).text)


def test_every_approver_has_words() -> None:
    said = [waits_for(one) for one in APPROVERS.values() if one is not None]
    assert len(set(said)) == len(said)

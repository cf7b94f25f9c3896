"""Motions as a browser and a program use them."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.clock import civil_date
from ledger.governance.motions import service
from ledger.governance.motions.rules import Choice, VotingRules
from ledger.web.motion_pages import waiting
from tests.beginnings import begins_with
from tests.conftest import NOW
from tests.directory.conftest import ActAs, act_as, form
from tests.given import directory
from tests.given.funding import GivenPool, pool, posted
from tests.given.motions import GivenBoard, allocation, board, board_of, opened, voted

__all__ = ["act_as"]


def scene() -> tuple[GivenPool, GivenBoard]:
    money = pool()
    return money, board_of(money)


beginning = begins_with(scene)


@pytest.fixture
def given(told: tuple[GivenPool, GivenBoard]) -> tuple[GivenPool, GivenBoard]:
    return told


def test_a_board_member_proposes_votes_counts_and_sees_it_posted(
    act_as: ActAs, given: tuple[GivenPool, GivenBoard]
) -> None:
    money, made = given
    client = act_as(made.members[0])
    assert "Propose a motion" in client.get("/motions").text
    page = f"/motions/propose/{made.id}"
    assert "Reablement" in client.get(page).text
    fields = {
        "title": "More for equipment", "resolution": "That it be given more.",
        "effect": "funding.allocate", "pool": str(money.id),
    }  # fmt: skip
    first, second = (f"give-{one}" for one in money.schemes[:2])
    refused = client.post(page, data=form(**fields, **{second: "lots"}))
    assert (refused.status_code, "is no amount" in refused.text) == (422, True)
    sent = client.post(page, data=form(**fields, **{first: " ", second: "1,000.00"}))
    assert sent.status_code == 303, sent.text
    address = sent.headers["Location"]
    shown = client.get(address).text
    assert "Give £1,000.00 of budget to Equipment." in shown
    assert "£1,000.00" in shown.split("What would come of it now")[1]
    act_as(made.members[1]).post(f"{address}/second", data=form())
    client.post(f"{address}/open", data=form())
    for member, choice in zip(made.members, ("for", "against", "for"), strict=True):
        voter = act_as(member)
        assert voter.post(f"{address}/vote", data=form(choice="yes")).status_code == 422
        assert voter.post(f"{address}/vote", data=form(choice=choice)).status_code == 303
    early = act_as(made.members[0])
    assert early.post(f"{address}/close", data=form()).status_code == 303
    done = early.get(address).text
    assert "Passed" in done
    assert "See what was posted" not in done or "/transactions/" in done
    assert "Carried out" in done


def test_one_motion_gives_budget_to_several_schemes(
    act_as: ActAs, given: tuple[GivenPool, GivenBoard]
) -> None:
    money, made = given
    client, page = act_as(made.members[0]), f"/motions/propose/{made.id}"
    fields = {
        "title": "For two", "resolution": "That both be given some.",
        "effect": "funding.allocate", "pool": str(money.id),
    }  # fmt: skip
    empty = client.post(page, data=form(**fields, amount="5.00", to=str(money.schemes[0])))
    assert (empty.status_code, "for at least one scheme" in empty.text) == (422, True)
    amounts = {f"give-{one}": f"{n}00.00" for n, one in enumerate(money.schemes[:2], start=1)}
    shown = client.post(page, data=form(**fields, **amounts, **{"give-x": "9"}))
    assert shown.status_code == 303, shown.text
    said = client.get(shown.headers["Location"]).text
    assert "Give £100.00 of budget to Reablement." in said
    assert "Give £200.00 of budget to Equipment." in said
    for bad in ("-1.00", "0", "1e9", "99999999999999999999.00"):
        hostile = client.post(page, data=form(**fields, **{**amounts, min(amounts): bad}))
        assert hostile.status_code == 422, bad
        assert "100.00" in hostile.text or "200.00" in hostile.text, "what was typed is kept"


def test_what_waits_for_a_member_is_their_vote_with_its_day(
    act_as: ActAs, given: tuple[GivenPool, GivenBoard], session: Session
) -> None:
    _, made = given
    motion_id = opened(made)
    today = civil_date(NOW)
    client = act_as(made.members[2])
    with client.application.test_request_context():
        (task,) = waiting(session, made.members[2], today)
    assert (task.status, task.sort) == ("Vote by 9 March 2026", "To answer")
    voted(made, motion_id, {2: Choice.FOR})
    with client.application.test_request_context():
        assert waiting(session, made.members[2], today) == []


def test_hostile_forms_and_strangers_get_nowhere(
    act_as: ActAs, given: tuple[GivenPool, GivenBoard]
) -> None:
    _, made = given
    motion_id = opened(made, title="<script>alert(1)</script>")
    page = f"/motions/{motion_id}"
    client = act_as(made.members[0])
    assert "<script>alert(1)" not in client.get(page).text
    assert client.post(f"{page}/vote", data=form(choice="for", seat="x")).status_code == 404
    other = form(choice="for", seat=str(made.seats[1]))
    assert client.post(f"{page}/vote", data=other).status_code == 422
    early = client.post(f"{page}/close", data=form())
    assert (early.status_code, "can still vote" in early.text) == (422, True)
    stranger = act_as(directory.member(Role.BOARD_MEMBER, at=made.host))
    for path in ("", "/vote", "/second", "/close", "/execute"):
        answer = stranger.post(page + path, data=form(choice="for")) if path else stranger.get(page)
        assert answer.status_code == 404, path


def test_a_secret_vote_says_what_cannot_be_promised_and_shows_no_choice(
    act_as: ActAs, session: Session
) -> None:
    made = board(rules=VotingRules(quorum_seats=3, secret=True))
    motion_id = opened(made)
    session.rollback()
    client = act_as(made.members[0])
    page = client.get(f"/motions/{motion_id}").text
    assert "What we cannot promise" in page
    client.post(f"/motions/{motion_id}/vote", data=form(choice="against"))
    page = client.get(f"/motions/{motion_id}").text
    assert "Your vote is in" in page
    assert "Has voted" in page


def test_the_same_over_the_api(act_as: ActAs, given: tuple[GivenPool, GivenBoard]) -> None:
    money, made = given
    client = act_as(made.members[0])
    asked = {"title": "More", "resolution": "More.", **allocation(money, 5_00)}
    api = "/api/v1"
    sent: Any = client.post(f"{api}/bodies/{made.id}/motions", json=asked)
    assert sent.status_code == 201, sent.json
    address = sent.headers["Location"]
    early: Any = client.post(f"{address}/vote", json={})
    assert (early.status_code, early.json["type"].split("/")[-1]) == (409, "motion-not-seconded")
    act_as(made.members[1]).post(f"{address}/second")
    client.post(f"{address}/vote", json={})
    preview: Any = client.get(f"{address}/preview").json
    assert {one["after_minor"] for one in preview["figures"]} >= {5_00}
    for member in made.members:
        assert act_as(member).put(f"{address}/ballot", json={"choice": "for"}).status_code == 204
    closed: Any = act_as(made.members[0]).post(f"{address}/close").json
    assert (closed["outcome"], closed["motion"]["count"]["votes_for"]) == ("passed", 3)
    assert closed["motion"]["result"].startswith("transaction:")
    assert closed["motion"]["parameters"] == {
        **allocation(money, 5_00)["parameters"],
        "effective_on": None,
    }
    again: Any = client.post(f"{address}/execution")
    assert (again.status_code, again.json["type"].split("/")[-1]) == (
        409,
        "motion-executed-already",
    )
    for bad in ({}, {"choice": "maybe"}, {"choice": "for", "x": 1}):
        assert client.put(f"{address}/ballot", json=bad).status_code == 422
    assert address.endswith(sent.json["id"])


def test_rules_and_boards_over_the_api(act_as: ActAs, session: Session) -> None:
    made = board(rules=None)
    session.rollback()
    rules = f"/api/v1/bodies/{made.id}/voting-rules"
    steward = act_as(made.steward)
    for bad in ({}, {"quorum_seats": 2, "threshold": "0.5"}, {"quorum_seats": 9}):
        assert steward.put(rules, json=bad).status_code == 422
    said = {"quorum_seats": 2, "threshold": "2/3", "more_than": False, "veto_classes": ["patient"]}
    assert steward.put(rules, json=said).status_code == 204
    assert act_as(made.members[0]).put(rules, json=said).status_code == 403
    motion_id = posted(made.members[0], service.propose, made.id, title="x", resolution="y")
    steward = act_as(made.steward)
    assert steward.post(f"/api/v1/bodies/{made.id}/dissolution").status_code == 204
    assert act_as(made.members[1]).post(f"/api/v1/motions/{motion_id}/second").status_code == 200

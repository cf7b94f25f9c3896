"""Overspends over HTTP and on pages: asked before, followed after, and hostile input."""

import re
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger.core.actor import Role
from ledger.core.db import db
from ledger.funding import schedule
from ledger.funding.overspend import queries as overspends
from ledger.web import overspend_inbox
from ledger.web.overspend_charts import Piece, stacked
from tests.beginnings import begins_with
from tests.directory.conftest import ActAs, form
from tests.funding.test_overspend import TODAY, overspent, stretched
from tests.given import directory
from tests.given.funding import GivenPool

PAGE = {"Accept": "text/html"}


def scene() -> GivenPool:
    return stretched(cap_minor=20_00)


beginning = begins_with(scene)


def url(given: GivenPool, path: str = "") -> str:
    return f"/api/v1/pools/{given.id}/schemes/{given.schemes[0]}/overspend{path}"


def get(client: FlaskClient, address: str) -> Any:
    return client.get(address)


def post(client: FlaskClient, address: str, **body: Any) -> Any:
    return client.post(address, json=body, headers={"Idempotency-Key": uuid4().hex})


def test_over_http_from_the_question_to_the_shares(act_as: ActAs, given: GivenPool) -> None:
    client = act_as(given.manager)
    assert get(client, url(given)).status_code == 404
    asked = get(client, url(given, "/simulation?amount_minor=10000")).json
    assert asked["uncovered_minor"] == 7_50
    assert [one["step"] for one in asked["steps"]][:3] == ["unallocated", "underspend", "reserve"]
    overspent(given, 100_00)
    plan = get(client, url(given, "/resolution")).json
    assert plan["digest"] == asked["digest"], "the question and the fact have one answer"
    why = post(client, url(given, "/explanation"), cause="demand", reference="Letter")
    assert why.status_code == 204
    action = {"what": "Wait", "organisation_id": str(given.partners[1]), "by": "2026-05-01"}
    made = post(client, url(given, "/plan"), actions=[action])
    assert made.status_code == 201
    begun = post(client, url(given, "/resolution"), digest=plan["digest"], reference="Board")
    assert begun.status_code == 201
    moved = post(client, url(given, "/resolution"), digest="0" * 64, reference="Board")
    assert (moved.status_code, moved.json["type"].rsplit("/", 1)[-1]) == (
        409,
        "resolution-waiting",
    )
    lead = act_as(given.leads[1])
    accepted = post(lead, url(given, f"/plan/{made.json['id']}/acceptances"))
    assert accepted.status_code == 204
    shown = get(lead, url(given)).json
    assert shown["plan"]["accepted_by"] == [str(given.partners[1])]
    assert [one["standing"] for one in shown["resolution"]["steps"]].count("waiting") == 3
    (listed,) = get(lead, f"/api/v1/pools/{given.id}/overspends").json["items"]
    assert listed["state"] == "plan-given"
    address = f"/api/v1/pools/{given.id}/resolutions/{begun.json['id']}/shares"
    early = post(act_as(given.manager), address, reference="Board")
    assert early.status_code == 409


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/simulation", 422),
        ("/simulation?amount_minor=0", 422),
        ("/simulation?amount_minor=-5", 422),
        ("/simulation?amount_minor=1e3", 422),
        ("/simulation?amount_minor=9007199254740993", 422),
        ("/simulation?amount_minor=100&log_size=0", 422),
        ("/simulation?amount_minor=100&log_size=999999", 409),
        ("/simulation?amount_minor=100&admin=1", 422),
        ("/resolution", 404),
    ],
)
def test_bad_questions(act_as: ActAs, given: GivenPool, path: str, status: int) -> None:
    assert get(act_as(given.manager), url(given, path)).status_code == status


def test_who_may_do_what(act_as: ActAs, given: GivenPool) -> None:
    """The truth table of what is new: 204 or 201 may, 403 may not, 404 does not see the pool."""
    overspent(given, 100_00)
    action = {"what": "Wait", "organisation_id": str(given.partners[1]), "by": "2026-05-01"}
    plan = post(act_as(given.manager), url(given, "/plan"), actions=[action]).json["id"]
    digest = get(act_as(given.manager), url(given, "/resolution")).json["digest"]
    people = {
        "manager": given.manager,
        "lead": given.leads[1],
        "chief": directory.member(Role.CHIEF_FINANCE_OFFICER, at=given.partners[2]),
        "auditor": directory.member(Role.AUDITOR, at=given.partners[0]),
        "stranger": directory.member(Role.FINANCE_LEAD),
    }
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "read": ("", {}),
        "cap": ("/caps", {"up_to_minor": 1}),
        "accept": (f"/plan/{plan}/acceptances", {}),
        "explain": ("/explanation", {"cause": "price", "reference": "L"}),
        "resolve": ("/resolution", {"digest": digest, "reference": "B"}),
    }
    found = {}
    for who, actor in people.items():
        row = []
        for what, (path, body) in asked.items():
            client = act_as(actor)
            answer = (
                get(client, url(given))
                if what == "read"
                else post(client, url(given, path), **body)
            )
            row.append(answer.status_code)
        found[who] = row
    assert found == {
        #           read  cap  accept explain resolve
        "manager": [200, 403, 403, 204, 201],
        "lead": [200, 403, 204, 403, 403],
        "chief": [200, 201, 204, 403, 403],
        "auditor": [200, 403, 403, 403, 403],
        "stranger": [404, 404, 404, 404, 404],
    }


def test_the_pages(app: Flask, act_as: ActAs, given: GivenPool) -> None:
    client, base = act_as(given.manager), f"/pools/{given.id}/overspends"
    empty = client.get(base, headers=PAGE).text
    assert "No scheme was ever beyond its budget." in empty
    query = f"?scheme={given.schemes[0]}&amount=100.00"
    asked = client.get(f"{base}/what-if{query}", headers=PAGE)
    assert asked.status_code == 200
    assert "Covered by nobody" in asked.text
    assert "£7.50 more, were it not for its cap" in asked.text
    for bad in ("?scheme=&amount=1", f"{query}x", f"{query}&log_size=-1", "?amount=%3Cscript%3E"):
        answer = client.get(f"{base}/what-if{bad}", headers=PAGE)
        assert answer.status_code == 422
        assert "<script>" not in answer.text.partition("<main")[2]

    overspent(given, 100_00)
    schedule.warn()
    address = f"{base}/{given.schemes[0]}"
    page = client.get(address, headers=PAGE).text
    assert "Tell the partners why" in page
    with app.test_request_context():
        tasks = overspend_inbox.waiting(db.session(), given.manager, TODAY)
        assert [one.status for one in tasks] == ["By 7 March 2026", "By 30 March 2026"]
    bad_cause = client.post(f"{address}/explanation", data=form(cause="x", reference="L"))
    assert bad_cause.status_code == 422
    told = client.post(f"{address}/explanation", data=form(cause="price", reference="L"))
    assert told.status_code == 303
    half = form(**{"what-1": "Wait", "who-1": "", "by-1": ""})
    assert client.post(f"{address}/plan", data=half).status_code == 422
    who = str(given.partners[1])
    whole = form(**{"what-1": "Wait", "who-1": who, "by-1": "2026-05-01"})
    assert client.post(f"{address}/plan", data=whole).status_code == 303
    digest = re.search(r'name="digest" value="(\w+)"', client.get(address, headers=PAGE).text)
    assert digest
    stale = form(digest="0" * 64, reference="Board")
    assert client.post(f"{address}/resolution", data=stale).status_code == 409
    good = form(digest=digest[1], reference="Board")
    assert client.post(f"{address}/resolution", data=good).status_code == 303
    shown = client.get(address, headers=PAGE).text
    assert "Waits for approval" in shown
    assert "Begin to cover it so" not in shown

    lead = act_as(given.leads[1])
    with app.test_request_context():
        (task,) = overspend_inbox.waiting(db.session(), given.leads[1], TODAY)
        assert task.status == "Needs an answer"
    plan = overspends.overspend(db.session(), given.view, given.schemes[0]).plan
    assert plan is not None
    assert "Accept this plan" in lead.get(address, headers=PAGE).text
    said_yes = lead.post(f"{address}/plan/{plan.id}/acceptance", data=form())
    assert said_yes.status_code == 303
    assert "Accept this plan" not in lead.get(address, headers=PAGE).text
    outsider = act_as(directory.member(Role.FINANCE_LEAD))
    assert outsider.get(address, headers=PAGE).status_code == 404


def test_a_bar_names_what_its_colours_mean() -> None:
    drawn = str(stacked("T", [Piece("<b>", 3, "a"), Piece("B", 1, "b")], say=str, name="n"))
    assert "1. 3 &lt;b&gt;" in drawn
    assert drawn.count('class="a"') == 4  # Two versions, a piece and its key in each.
    assert "<title id=" in drawn

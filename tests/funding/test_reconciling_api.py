"""Reconciliations over HTTP: each address, who may use it, and what is refused."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from tests.conftest import Sequenced
from tests.directory.conftest import ActAs
from tests.funding.test_reconciling import line, moved
from tests.given import directory
from tests.given.funding import GivenPool
from tests.given.reconciling import bank_csv

PAGE = {"Accept": "text/html"}


def codes(given: GivenPool) -> dict[str, Any]:
    return {
        "organisation_id": str(given.partners[0]),
        "vat_regime": "recovers",
        "lines": [{"head": "F:cash", "nominal": "1000"}],
    }


def sent(given: GivenPool, fee_minor: int = -5_00) -> dict[str, Any]:
    lines = [line(500_00, "Bank line 1"), line(-80_00, "FP 22"), line(fee_minor, "FEE 1")]
    return {
        "organisation_id": str(given.partners[0]),
        "source": "bank",
        "first_day": "2026-01-01",
        "last_day": "2026-03-02",
        "opening_minor": 0,
        "closing_minor": sum(one.amount_minor for one in lines),
        "content": bank_csv(lines).decode(),
    }


def received(client: FlaskClient, given: GivenPool) -> str:
    made = client.post(f"/api/v1/pools/{given.id}/reconciliations", json=sent(given))
    assert made.status_code == 201
    assert made.headers["Location"].endswith(made.get_json()["id"])
    return f"/api/v1/pools/{given.id}/reconciliations/{made.get_json()['id']}"


def said(given: GivenPool, **changed: object) -> dict[str, object]:
    owner = str(given.partners[0])
    return {"words": "The bank's charge", "owner_id": owner, "due_on": "2026-04-01", **changed}


def test_from_the_file_to_the_signature(
    act_as: ActAs, given: GivenPool, sequenced: Sequenced
) -> None:
    moved(given, sequenced)
    client = act_as(given.manager)
    at = f"/api/v1/pools/{given.id}"
    assert client.post(f"{at}/codes", json=codes(given)).get_json() == {"version": 1}
    assert client.post(f"{at}/codes", json=codes(given)).get_json() == {"version": 2}
    here = received(client, given)
    assert client.post(f"{at}/reconciliations", json=sent(given)).status_code == 409
    assert client.get(here).get_json()["log_size"] is None
    assert "Not compared yet" in client.get("/", headers=PAGE).text
    assert client.post(f"{here}/run").status_code == 204
    found = client.get(here).get_json()
    assert (found["rules_version"], found["proof"]["holds"]) == (1, True)
    by_reason = {one["reason"]: one for one in found["findings"]}
    assert set(by_reason) == {"exact", "other-reference", "missing-here"}
    pair, fee = by_reason["other-reference"], by_reason["missing-here"]
    assert (pair["suggested"], fee["by_minor"]) == (True, -5_00)
    assert "2 lines unexplained" in client.get(f"/pools/{given.id}", headers=PAGE).text
    assert client.post(f"{here}/matches/{pair['key']}/rejection").status_code == 204
    assert client.delete(f"{here}/matches/{pair['key']}").status_code == 204
    assert client.delete(f"{here}/matches/{pair['key']}").status_code == 404
    assert client.post(f"{here}/matches", json={"findings": [pair["key"]]}).status_code == 204
    again = client.post(f"{here}/matches", json={"findings": [pair["key"]]})
    assert again.status_code == 409
    assert client.post(f"{here}/preparation").status_code == 409
    assert "1 line unexplained" in client.get("/", headers=PAGE).text
    assert client.put(f"{here}/differences/{fee['key']}", json=said(given)).status_code == 204
    (why,) = [
        one["explanation"] for one in client.get(here).get_json()["findings"] if one["explanation"]
    ]
    assert why["words"] == "The bank's charge"
    assert "All explained" in client.get("/", headers=PAGE).text
    assert client.post(f"{here}/preparation").status_code == 204
    assert client.post(f"{here}/signature").status_code == 403
    lead = act_as(given.approver)
    assert "look at it, then sign it or give it back" in lead.get("/", headers=PAGE).text
    assert lead.post(f"{here}/return").status_code == 204
    assert lead.post(f"{here}/signature").status_code == 409
    assert act_as(given.manager).post(f"{here}/preparation").status_code == 204
    assert act_as(given.leads[0]).post(f"{here}/signature").status_code == 204
    done = client.get(here).get_json()
    assert done["result_sha256"] == done["computed_sha256"]
    (listed,) = client.get(f"{at}/reconciliations").get_json()["items"]
    assert listed["id"] == done["id"]
    assert client.post(f"{here}/run").status_code == 409
    assert "unexplained" not in client.get(f"/pools/{given.id}", headers=PAGE).text


WRITES = (
    ("post", "/run", None),
    ("post", "/matches", {"findings": ["0" * 24]}),
    ("post", f"/matches/{'0' * 24}/rejection", None),
    ("delete", f"/matches/{'0' * 24}", None),
    ("put", f"/differences/{'0' * 24}", "said"),
    ("post", "/preparation", None),
    ("post", "/return", None),
    ("post", "/signature", None),
)


def test_who_may_use_which_address(act_as: ActAs, given: GivenPool, sequenced: Sequenced) -> None:
    moved(given, sequenced)
    at = f"/api/v1/pools/{given.id}"
    here = received(act_as(given.manager), given)
    auditor = directory.member(Role.AUDITOR, at=given.partners[0])
    strangers = (directory.member(Role.POOL_MANAGER), directory.member(Role.FINANCE_LEAD))
    db.session.remove()
    table: list[tuple[Actor, int, int]] = [
        (given.leads[1], 200, 403), (given.leads[2], 200, 403), (auditor, 200, 403),
        *((one, 404, 404) for one in strangers),
    ]  # fmt: skip
    for actor, reads, writes in table:
        client = act_as(actor)
        for path in (here, f"{at}/reconciliations"):
            assert client.get(path).status_code == reads, (actor.roles, path)
        for method, tail, body in WRITES:
            sends = said(given) if body == "said" else body
            answer = client.open(f"{here}{tail}", method=method.upper(), json=sends)
            assert answer.status_code == writes, (actor.roles, tail)
        for path, body in ((f"{at}/codes", codes(given)), (f"{at}/reconciliations", sent(given))):
            assert client.post(path, json=body).status_code == writes, (actor.roles, path)


def test_nobody_is_somebody(app: Flask, given: GivenPool) -> None:
    client = app.test_client()
    at = f"/api/v1/pools/{given.id}"
    for path in ("/reconciliations", f"/reconciliations/{given.id}"):
        assert client.get(f"{at}{path}").status_code == 401
    for method, tail, body in WRITES:
        sends = said(given) if body == "said" else body
        path = f"{at}/reconciliations/{given.id}{tail}"
        assert client.open(path, method=method.upper(), json=sends).status_code == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"content": ""}, 422),
        ({"content": "x" * 900_001}, 422),
        ({"content": "Date,Amount\nsoon,1\n"}, 422),
        ({"content": "a\x00b"}, 400),
        ({"closing_minor": 1}, 422),
        ({"closing_minor": None}, 422),
        ({"closing_minor": 2**53}, 422),
        ({"closing_minor": 415.0}, 422),
        ({"source": "till"}, 422),
        ({"first_day": "2026-03-03"}, 422),
        ({"last_day": "2027-03-03"}, 422),
        ({"organisation_id": "nobody"}, 422),
        ({"more": 1}, 422),
    ],
)
def test_what_is_sent_wrong_is_refused(
    act_as: ActAs, given: GivenPool, change: dict[str, object], status: int
) -> None:
    body = {**sent(given), **change}
    client = act_as(given.manager)
    at = f"/api/v1/pools/{given.id}/reconciliations"
    answer = client.post(at, json=body)
    assert answer.status_code == status
    assert "FP 22" not in answer.text
    assert client.get(at).get_json()["items"] == []


def test_a_finding_of_no_such_name(act_as: ActAs, given: GivenPool, sequenced: Sequenced) -> None:
    moved(given, sequenced)
    client = act_as(given.manager)
    here = received(client, given)
    assert client.post(f"{here}/matches/{'0' * 24}/rejection").status_code == 404
    client.post(f"{here}/run")
    assert client.post(f"{here}/matches", json={"findings": ["<x>"]}).status_code == 422
    assert client.post(f"{here}/matches", json={"findings": []}).status_code == 422
    assert client.post(f"{here}/matches/{'0' * 24}/rejection").status_code == 409
    assert client.put(f"{here}/differences/x", json=said(given)).status_code in {404, 409}
    assert client.put(f"{here}/differences/x", json=said(given, words="")).status_code == 422
    key = {"Idempotency-Key": "one"}
    for _ in range(2):
        assert client.post(f"{here}/run", headers=key).status_code == 204

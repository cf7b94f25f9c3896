"""Pools over HTTP: posting, approving, reading back, and bad input of every kind."""

from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from ledger.core.db import db
from tests.conftest import Sequenced
from tests.directory.conftest import ActAs
from tests.given.funding import GivenPool, accrued, allocated, paid, pool, proposed, received


def get(client: FlaskClient, given: GivenPool, path: str) -> Any:
    return client.get(f"/api/v1/pools/{given.id}/{path}")


def post(client: FlaskClient, given: GivenPool, path: str, **body: Any) -> Any:
    headers = {"Idempotency-Key": body.pop("key_", uuid4().hex)}
    return client.post(f"/api/v1/pools/{given.id}/{path}", json=body, headers=headers)


def test_a_year_over_http(act_as: ActAs, given: GivenPool, sequenced: Sequenced) -> None:
    client = act_as(given.manager)
    scheme, provider = str(given.schemes[0]), str(given.provider)
    weights = [
        {"scheme_id": scheme, "weight": "934219.035"},
        {"scheme_id": str(given.schemes[1]), "weight": "1/3"},
    ]
    partner = str(given.partners[0])
    events: list[tuple[str, dict[str, Any]]] = [
        ("reserve", {"amount_minor": 100}),
        ("divisions", {"total_minor": 10_000_01, "basis": "Need", "weights": weights}),
        ("allocations", {"lines": [{"scheme_id": scheme, "amount_minor": 5}]}),
        ("instalments", {"partner_id": partner, "amount_minor": 9_000_00}),
        ("receipts", {"partner_id": partner, "amount_minor": 9_000_00}),
    ]
    for path, body in events:
        answer = post(client, given, path, reference="Board", **body)
        assert answer.status_code == 201, answer.json
        assert answer.json["waiting"] is False
    made = post(
        client,
        given,
        "commitments",
        scheme_id=scheme,
        provider_id=provider,
        amount_minor=600_00,
        reference="C",
    )
    commitment = made.json["commitment_id"]
    owed = post(
        client,
        given,
        "accruals",
        scheme_id=scheme,
        provider_id=provider,
        amount_minor=500_00,
        commitment_id=commitment,
        nature="third-party-payments",
        reference="Invoice 1",
    )
    assert owed.json["overspent_minor"] == 0
    released = post(client, given, f"commitments/{commitment}/releases", amount_minor=40_00)
    assert released.status_code == 201
    (promise,) = get(client, given, "commitments").json["items"]
    assert (promise["spent_minor"], promise["released_minor"], promise["open_minor"]) == (
        500_00,
        40_00,
        60_00,
    )

    waiting = post(
        client, given, "payments", provider_id=provider, amount_minor=500_00, reference="Invoice 1"
    )
    assert waiting.json["waiting"] is True
    payment = waiting.json["transaction_id"]
    refused = post(client, given, f"proposals/{payment}/approvals")
    assert refused.status_code == 403
    lead = act_as(given.approver)
    (listed,) = get(lead, given, "proposals").json["items"]
    assert listed["transaction_id"] == payment
    assert post(lead, given, f"proposals/{payment}/approvals").json["waiting"] is False

    said = get(lead, given, "statement").json
    assert said["cash_minor"] == 8_500_00 == said["partners_total"]["cash_minor"]
    shown = get(lead, given, f"transactions/{payment}").json
    assert [leg["amount"] for leg in shown["postings"]] == ["500.00", "-500.00"]
    sequenced()  # A journal is of a size of the log.
    db.session.rollback()
    assert "pay" in get(lead, given, "journal.hledger").text
    assert get(lead, given, "journal.beancount").status_code == 200


def test_the_same_key_posts_once(act_as: ActAs, given: GivenPool) -> None:
    client = act_as(given.manager)
    body = {"amount_minor": 100, "reference": "Board", "key_": "one"}
    once, again = (post(client, given, "reserve", **body) for _ in range(2))
    assert once.json == again.json
    other = post(client, given, "reserve", **{**body, "amount_minor": 101})
    assert other.status_code == 422
    said = get(client, given, "statement").json
    assert said["reserve_minor"] == 100


def test_a_list_goes_on_from_its_cursor(act_as: ActAs, given: GivenPool) -> None:
    client = act_as(given.manager)
    seen: list[str] = []
    path: str | None = f"/api/v1/pools/{given.id}/transactions?limit=2"
    while path:
        answer: Any = client.get(path)
        seen += [one["id"] for one in answer.json["items"]]
        link = answer.headers.get("Link", "")
        path = link.partition("<")[2].partition(">")[0] or None
    assert len(seen) == len(set(seen)) == 3


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("reserve", {"amount_minor": 1.5, "reference": "x"}, "amount_minor"),
        ("reserve", {"amount_minor": "1", "reference": "x"}, "amount_minor"),
        ("reserve", {"amount_minor": 0, "reference": "x"}, "amount_minor"),
        ("reserve", {"amount_minor": 2**53, "reference": "x"}, "amount_minor"),
        ("reserve", {"amount_minor": 1}, "reference"),
        ("reserve", {"amount_minor": 1, "reference": "x", "other": 1}, "other"),
        ("reserve", {"amount_minor": 1, "reference": "x", "effective_on": "soon"}, "effective_on"),
        ("accruals", {"amount_minor": 1, "reference": "x", "nature": "gifts"}, "nature"),
        ("divisions", {"weights": [{"scheme_id": str(uuid4()), "weight": "-1"}]}, "weights"),
        ("divisions", {"weights": [{"scheme_id": str(uuid4()), "weight": "1/0"}]}, "weights"),
    ],
)
def test_bad_input_names_the_field(
    act_as: ActAs, given: GivenPool, path: str, body: dict[str, Any], field: str
) -> None:
    answer = post(act_as(given.manager), given, path, **body)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert field in answer.text


def test_a_second_line_for_a_scheme_is_refused_and_not_taken_instead(
    act_as: ActAs, given: GivenPool
) -> None:
    client, line = act_as(given.manager), {"scheme_id": str(given.schemes[0])}
    twice: list[tuple[str, str, dict[str, Any]]] = [
        ("allocations", "lines", {"amount_minor": 5}),
        ("divisions", "weights", {"weight": "1"}),
    ]
    for path, name, more in twice:
        said: dict[str, Any] = {"reference": "x", name: [{**line, **more}] * 2}
        if path == "divisions":
            said |= {"total_minor": 100, "basis": "Need"}
        answer = post(client, given, path, **said)
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json["errors"]] == [f"/{name}/1/scheme_id"]
    batch = [{"post": "allocation", "reference": "x", "lines": [{**line, "amount_minor": 5}] * 2}]
    answer = post(client, given, "batch", events=batch)
    assert answer.json["errors"] == [
        {
            "field": "/events/0/lines/1/scheme_id",
            "detail": "this is there twice: send one line for it",
        }
    ]
    assert answer.json["detail"].startswith("nothing was posted: event 1, lines/1/scheme_id: this")
    assert (
        not get(client, given, "transactions?limit=1")
        .json["items"][0]["event"]
        .endswith("allocated")
    )


def test_an_amount_that_must_be_a_slip_is_refused(act_as: ActAs, given: GivenPool) -> None:
    said = {"scheme_id": str(given.schemes[0]), "provider_id": str(given.provider)}
    client = act_as(given.manager)
    for amount, status in ((10**13 + 1, 422), (10**13, 201)):
        answer = post(client, given, "accruals", reference="x", amount_minor=amount, **said)
        assert answer.status_code == status, answer.json
    answer = client.get(f"/api/v1/pools/{given.id}/statement")
    assert answer.status_code == 200


def test_what_one_may_not_see_is_not_there(act_as: ActAs, given: GivenPool) -> None:
    other = pool()
    client = act_as(other.manager)
    for path in (
        "",
        "/statement",
        "/transactions",
        "/commitments",
        "/proposals",
        "/journal.hledger",
    ):
        assert client.get(f"/api/v1/pools/{given.id}{path}").status_code == 404
    nothing = post(client, given, "reserve", amount_minor=1, reference="x")
    assert nothing.status_code == 404
    mine: Any = client.get("/api/v1/pools")
    assert [one["id"] for one in mine.json["items"]] == [str(other.id)]


def test_refusals_say_what_to_do(act_as: ActAs, given: GivenPool) -> None:
    client = act_as(given.manager)
    scheme, provider = str(given.schemes[0]), str(given.provider)
    short = post(
        client,
        given,
        "commitments",
        scheme_id=scheme,
        provider_id=provider,
        amount_minor=1,
        reference="x",
    )
    assert short.status_code == 409
    assert short.json["type"].endswith("beyond-limit")
    assert "available" in short.json["detail"]
    late = get(client, given, "statement?log_size=999999")
    assert late.status_code == 409
    for size in ("x", "-1", "9" * 40):
        assert get(client, given, f"statement?log_size={size}").status_code == 422


def test_reversing_and_dropping(act_as: ActAs, given: GivenPool) -> None:
    allocated(given, first=100_00)
    received(given, 100_00)
    accrued(given, 50_00)
    payment, waiting = paid(given, 20_00), proposed(given, 5_00)
    client = act_as(given.manager)
    undone = post(client, given, f"transactions/{payment}/reversal", reference="Bounced")
    assert undone.json["waiting"] is True
    assert client.delete(f"/api/v1/pools/{given.id}/proposals/{waiting}").status_code == 204
    again = client.delete(f"/api/v1/pools/{given.id}/proposals/{waiting}")
    assert again.status_code == 409

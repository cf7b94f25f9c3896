"""Agreements over HTTP, from a draft to a decision that rests on it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from ledger.agreements import service
from ledger.api.agreements_terms import TermsBody
from ledger.core.actor import Actor, Role
from ledger.core.work import unit_of_work
from ledger.edge.sessions import Authentication, SignedIn
from tests.conftest import NOW
from tests.given import agreements as given
from tests.given.directory import member, organisation

TODAY = NOW.date()
ROOT = "/api/v1/agreements"
ActAs = Callable[..., Any]


@pytest.fixture
def act_as(app: Flask) -> ActAs:
    """Return a client for whom somebody has signed in, some seconds ago."""
    who: list[tuple[Actor, int]] = []

    def identified() -> None:
        if who:
            actor, ago_s = who[-1]
            g.actor = actor
            g.signed_in = SignedIn(
                session_id=uuid4(),
                person_id=actor.id,
                membership_id=actor.membership_id,
                provider="tests",
                authentication=Authentication(
                    iss=app.extensions["settings"].public_url,
                    sub=str(actor.id),
                    acr=None,
                    amr=("pwd",),
                    auth_time=int(NOW.timestamp()) - ago_s,
                ),
            )

    app.before_request_funcs.setdefault(None, []).append(identified)

    def sign_in(actor: Actor, *, ago_s: int = 10) -> FlaskClient:
        who.append((actor, ago_s))
        return app.test_client()

    return sign_in


@pytest.fixture
def trust(app: Flask) -> UUID:
    return organisation("Northside Demonstration Trust")


@pytest.fixture
def council(trust: UUID) -> UUID:
    return organisation("Eastvale Demonstration Council")


@pytest.fixture
def ann(trust: UUID) -> Actor:
    return given.signatory(at=trust)


@pytest.fixture
def bob(council: UUID) -> Actor:
    return given.signatory(at=council)


@pytest.fixture
def asked(trust: UUID, council: UUID) -> dict[str, Any]:
    """Sound terms as JSON."""
    body: dict[str, Any] = TermsBody().dump(given.terms(trust, council))
    for party in body["parties"]:
        del party["name"]
    return body


def sign(client: Any, address: str, sha256: str) -> Any:
    return client.post(f"{address}/signatures", json={"document_sha256": sha256})


def test_from_a_draft_to_force_and_to_its_end(
    act_as: ActAs, ann: Actor, bob: Actor, asked: dict[str, Any]
) -> None:
    drafted = act_as(ann).post(ROOT, json=asked)
    assert drafted.status_code == 201, drafted.json
    agreement = f"{ROOT}/{drafted.json['agreement_id']}"
    address, sha256 = drafted.headers["Location"], drafted.json["document_sha256"]
    assert drafted.headers["ETag"] == f'"{sha256}"'
    assert act_as(bob).get(agreement).status_code == 404
    assert act_as(ann).post(f"{agreement}/proposal").status_code == 204

    first = sign(act_as(ann), address, sha256)
    assert (first.status_code, first.json["in_force"]) == (201, False)
    waiting = act_as(bob).get(agreement).json
    assert [party["name"] for party in waiting["waiting_for"]] == ["Eastvale Demonstration Council"]
    assert sign(act_as(bob), address, sha256).json["in_force"] is True

    shown = act_as(ann).get(agreement).json
    assert shown["state"] == "active"
    assert len(shown["signatures"]) == 2
    assert {"number": "4.2", "states": "F1"}.items() <= next(
        clause for clause in shown["clauses"] if clause["states"] == "F1"
    ).items()
    text = act_as(bob).get(f"{address}/text")
    assert text.headers["ETag"] == f'"{sha256}"'

    until = {"ground": "data-breach", "to": str(TODAY + timedelta(days=7))}
    assert act_as(bob).post(f"{agreement}/suspension", json=until).status_code == 204
    assert act_as(ann).get(agreement).json["state"] == "suspended"
    assert act_as(bob).delete(f"{agreement}/suspension").status_code == 204
    leaves = {"leaves_on": str(TODAY + timedelta(days=90))}
    noticed = act_as(bob).post(f"{agreement}/notices", json=leaves)
    assert noticed.json["last_day"] == str(TODAY + timedelta(days=89))
    over = act_as(ann).post(f"{agreement}/termination", json={"ground": "sharing-unlawful"})
    assert over.status_code == 204
    listed = act_as(ann).get(ROOT).json["items"]
    assert [line["state"] for line in listed] == ["terminated"]


def test_every_fault_is_told_with_its_clause(
    act_as: ActAs, ann: Actor, asked: dict[str, Any]
) -> None:
    for flow in asked["flows"]:
        flow["basis"] = {"article_6": "6(1)(e)"}
    drafted = act_as(ann).post(ROOT, json=asked)
    agreement = f"{ROOT}/{drafted.json['agreement_id']}"
    refused = act_as(ann).post(f"{agreement}/proposal")
    assert refused.status_code == 422
    assert refused.json["type"] == "/problems/agreement-not-ready"
    assert {error["field"] for error in refused.json["errors"]} == {"4.2", "4.3"}


def test_a_stale_sign_in_is_challenged(
    act_as: ActAs, ann: Actor, trust: UUID, council: UUID
) -> None:
    agreement_id = given.proposed(given.terms(trust, council), by=ann)
    answer = sign(act_as(ann, ago_s=600), f"{ROOT}/{agreement_id}/versions/1", "0" * 64)
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert "max_age=300" in challenge


def test_a_draft_is_changed_by_whoever_has_seen_it(
    act_as: ActAs, ann: Actor, asked: dict[str, Any]
) -> None:
    drafted = act_as(ann).post(ROOT, json=asked)
    address = f"{ROOT}/{drafted.json['agreement_id']}/draft"
    asked["title"] = "Falls and frailty"
    stale = act_as(ann).put(address, json=asked, headers={"If-Match": '"older"'})
    assert stale.status_code == 412
    seen = {"If-Match": drafted.headers["ETag"]}
    assert act_as(ann).put(address, json=asked, headers=seen).status_code == 200


def test_the_same_draft_sent_twice_is_one(act_as: ActAs, ann: Actor, asked: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "one"}
    once = act_as(ann).post(ROOT, json=asked, headers=key)
    again = act_as(ann).post(ROOT, json=asked, headers=key)
    assert once.json == again.json
    assert len(act_as(ann).get(ROOT).json["items"]) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"kind": "other"}, "/kind"),
        ({"starts_on": "yesterday"}, "/starts_on"),
        ({"parties": "both"}, "/parties"),
        ({"parties": [{"organisation_id": "x"}]}, "/parties/0/organisation_id"),
        ({"flows": [{}]}, "/flows/0/key"),
        ({"more": 1}, "/more"),
        ({"notice_days": 1.5}, "/notice_days"),
        ({"parties": [{"organisation_id": str(uuid4())}]}, None),
    ],
)
def test_malformed_terms_are_a_problem_and_never_an_error(
    act_as: ActAs, ann: Actor, asked: dict[str, Any], change: dict[str, Any], field: str | None
) -> None:
    answer = act_as(ann).post(ROOT, json={**asked, **change})
    assert answer.status_code == (422 if field else 403), answer.json
    if field:
        assert field in {error["field"] for error in answer.json["errors"]}
    assert act_as(ann).get(ROOT).json["items"] == []


def test_a_text_from_elsewhere_is_imported(
    act_as: ActAs, ann: Actor, asked: dict[str, Any]
) -> None:
    text = "# Ours\n\n## 1. Background\n\n1.1. We share.\n"
    made = act_as(ann).post(f"{ROOT}/imports", json={"terms": asked, "text": text})
    assert made.status_code == 201, made.json
    assert made.json["clauses"][0] == {
        "number": "1.1",
        "heading": "Background",
        "text": "We share.",
        "topic": "background",
        "states": None,
    }


def test_anybody_reads_the_register(app: Flask, trust: UUID, council: UUID) -> None:
    given.active(trust, council)
    later = given.terms(
        trust, council, title="Later", flows=[given.flow("F1", trust, council, purpose="COC")]
    )
    given.proposed(later, by=given.signatory(at=trust))
    answer: Any = app.test_client().get(f"{ROOT}/register")
    (line,) = answer.json["items"]
    assert line["purposes"] == ["TREAT"]
    assert line["parties"] == ["Northside Demonstration Trust", "Eastvale Demonstration Council"]


def test_authority_is_given_delegated_and_taken_away(act_as: ActAs, trust: UUID) -> None:
    steward, chief = member(Role.STEWARD, at=trust), member(Role.SIGNATORY, at=trust)
    deputy = member(Role.SIGNATORY, at=trust)
    root = "/api/v1/signing-authorities"
    body = {"person_id": str(chief.id), "position": "Chair", "first_day": str(TODAY)}
    own = act_as(steward).post(root, json={**body, "organisation_id": str(trust)})
    assert own.status_code == 201, own.json
    week = {"last_day": str(TODAY + timedelta(days=7)), "person_id": str(deputy.id)}
    passed = act_as(chief).post(
        f"{root}/{own.json['id']}/delegations", json={**body, **week, "position": "Deputy"}
    )
    assert passed.status_code == 201, passed.json
    assert act_as(chief).delete(f"{root}/{passed.json['id']}").status_code == 204
    listed = act_as(steward).get(root).json["items"]
    assert {one["position"]: one["ended_on"] for one in listed} == {
        "Chair": None,
        "Deputy": str(TODAY),
    }


@pytest.mark.parametrize("number", [0, 2, 2**31, 2**63, 10**30])
def test_an_unknown_version_is_not_found_whatever_its_number(
    act_as: ActAs, ann: Actor, trust: UUID, council: UUID, number: int
) -> None:
    agreement_id = given.proposed(given.terms(trust, council), by=ann)
    address = f"{ROOT}/{agreement_id}/versions/{number}"
    client = act_as(ann)
    assert client.get(address).status_code == 404
    assert client.get(f"/agreements/{agreement_id}?version={number}").status_code == 404
    assert sign(client, address, "0" * 64).status_code == 404
    assert client.post(f"{address}/refusals", json={}).status_code == 404


def test_a_text_of_too_many_clauses_is_refused(
    act_as: ActAs, ann: Actor, asked: dict[str, Any]
) -> None:
    text = "## Use\n\n" + "x\n\n" * 2_500
    made = act_as(ann).post(f"{ROOT}/imports", json={"terms": asked, "text": text})
    assert (made.status_code, made.json["type"]) == (422, "/problems/agreement-too-large")


def test_a_long_list_comes_whole_in_pages(
    act_as: ActAs, ann: Actor, trust: UUID, council: UUID
) -> None:
    titles = ["alpha", "Beta", "ÉCLAIR", "eclair", "zeta", "Zeta", "äpfel", "1st"]
    with unit_of_work(ann) as work:
        for title in titles:
            service.draft(work, terms=given.terms(trust, council, title=title))
    seen: list[str] = []
    address = f"{ROOT}?limit=3"
    while address:
        answer = act_as(ann).get(address)
        seen += [line["title"] for line in answer.json["items"]]
        link = answer.headers.get("Link", "")
        address = link.partition(">")[0].removeprefix("<")
    assert sorted(seen) == sorted(titles)
    found = act_as(ann).get(f"{ROOT}?q=ETA").json["items"]
    assert {line["title"] for line in found} == {"Beta", "zeta", "Zeta"}

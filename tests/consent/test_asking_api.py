"""Asking patients and the library of notices over HTTP, as programs and pages use them."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.consent import queries
from ledger.consent.rules.lifecycle import Reason, Status
from ledger.core.actor import Actor, Role
from ledger.core.ids import new_id
from ledger.core.work import unit_of_work
from ledger.directory import service as directory
from ledger.directory.rules.imports import Identity
from tests.conftest import NOW
from tests.consent.conftest import ActAs, Partnership
from tests.given.directory import SYSTEM, member, nhs_number
from tests.given.notices import authored

LAST = NOW.date() + timedelta(days=28)
REQUESTS = "/api/v1/consent-requests"


@pytest.fixture
def steward(partnership: Partnership) -> Actor:
    found = member(Role.STEWARD, at=partnership.trust)
    authored(found)
    return found


def question(p: Partnership, *patient_ids: UUID, **other: Any) -> dict[str, Any]:
    return {
        "patient_ids": [str(one) for one in patient_ids],
        "agreement_id": str(p.agreement_id),
        "purposes": ["TREAT"],
        "categories": ["medicines"],
        "organisation_ids": [str(p.council)],
        "notice_id": "sharing",
        "language": "en-GB",
        "awaited_to": LAST.isoformat(),
        **other,
    }


def without_address(p: Partnership, name: str) -> UUID:
    identity = Identity(name=name, date_of_birth=NOW.date(), nhs_number=nhs_number())
    with unit_of_work(SYSTEM) as work:
        return directory.register_patient(work, organisation_id=p.trust, identity=identity)


def test_asking_answering_letters_and_taking_it_back(
    session: Session, partnership: Partnership, steward: Actor, act_as: ActAs
) -> None:
    p, nia = partnership, without_address(partnership, "Nia Fern")
    client = act_as(steward)
    made = client.post(REQUESTS, json=question(p, p.patient_id, nia))
    assert made.status_code == 201, made.json
    body: dict[str, Any] = made.json or {}
    consents = {one["patient_id"]: one["consent_id"] for one in body["items"]}
    assert client.get(made.headers["Location"]).json["letters"] == 1  # type: ignore[index]
    listed: Any = client.get(REQUESTS).json
    assert [one["id"] for one in listed["items"]] == [body["request_id"]]

    where, key = f"{REQUESTS}/{body['request_id']}/letters", {"Idempotency-Key": "letters-1"}
    shown = {"notice_id": "sharing", "language": "cy", "format": "large-print"}
    taken = client.post(where, json=shown, headers=key)
    assert taken.mimetype == "text/csv"
    (row,) = csv.DictReader(StringIO(taken.text))
    assert (row["name"], row["language"], row["format"]) == ("Nia Fern", "cy", "large-print")
    assert client.post(where, json=shown, headers=key).text == taken.text  # It was lost.
    assert len(client.post(where, json=shown).text.splitlines()) == 1  # It is taken once.

    client = act_as(p.patient)
    asked: Any = client.get(f"/api/v1/patients/{p.patient_id}/consent-requests").json
    (waiting,) = asked["items"]
    assert waiting["consent_id"] == consents[str(p.patient_id)]
    answer = {
        "agreement_id": waiting["agreement_id"],
        "purposes": waiting["purposes"],
        "categories": ["medicines"],
        "organisation_ids": waiting["party_ids"],
        "answers": waiting["consent_id"],
    }
    said = client.post(f"/api/v1/patients/{p.patient_id}/consents", json=answer)
    assert (said.status_code, said.json["consent_id"]) == (201, waiting["consent_id"])  # type: ignore[index]

    client = act_as(steward)
    gone = client.post(f"{REQUESTS}/{body['request_id']}/cancellation")
    assert (gone.status_code, gone.json) == (201, {"cancelled": 1})
    over = client.post(f"{REQUESTS}/{body['request_id']}/cancellation")
    assert (over.status_code, over.json["type"].rpartition("/")[2]) == (  # type: ignore[index]
        409,
        "consent-request-over",
    )
    yes = queries.consent(session, p.patient, UUID(waiting["consent_id"]), now=NOW)
    assert yes.status is Status.ACTIVE
    officer = member(Role.AUDITOR, at=p.trust)
    theirs = queries.consent(session, officer, UUID(consents[str(nia)]), now=NOW)
    assert (theirs.status, theirs.events[-1].reason) == (
        Status.UNANSWERED,
        Reason.NO_LONGER_NEEDED,
    )


def test_what_cannot_be_asked_and_who_cannot_ask(
    partnership: Partnership, steward: Actor, act_as: ActAs
) -> None:
    p = partnership
    client = act_as(steward)
    wrong: dict[str, Any]
    for wrong in (
        {"patient_ids": []},
        {"patient_ids": [str(new_id())] * 101},
        {"notice_id": "sharing", "format": "sung"},
        {"awaited_to": "2020-01-01"},
        {"purposes": []},
        {"categories": ["everything"]},
        {"unheard": "of"},
    ):
        answer = client.post(REQUESTS, json=question(p, p.patient_id, **wrong))
        assert answer.status_code == 422, (wrong, answer.json)
    for wrong in (
        {"agreement_id": str(new_id())},
        {"patient_ids": [str(new_id())]},
        {"notice_id": "unheard-of"},
        {"language": "fr"},
    ):
        assert client.post(REQUESTS, json=question(p, p.patient_id, **wrong)).status_code == 404
    assert client.post(REQUESTS, json=question(p, p.patient_id)).status_code == 201
    assert client.post(REQUESTS, json=question(p, p.patient_id)).status_code == 409
    (one,) = client.get(REQUESTS).json["items"]  # type: ignore[index]
    stranger = act_as(member(Role.STEWARD))
    assert stranger.get(REQUESTS).json == {"items": []}
    shown = {"notice_id": "sharing", "language": "cy"}
    for attempt in (
        stranger.get(f"{REQUESTS}/{one['id']}"),
        stranger.post(f"{REQUESTS}/{one['id']}/cancellation"),
        stranger.post(f"{REQUESTS}/{one['id']}/letters", json=shown),
        stranger.get(f"/api/v1/patients/{p.patient_id}/consent-requests"),
    ):
        assert attempt.status_code in {403, 404}, attempt.json


def test_the_library_is_written_read_and_retired(partnership: Partnership, act_as: ActAs) -> None:
    client = act_as(member(Role.STEWARD, at=partnership.trust))
    text = {"id": "falls", "version": 1, "language": "en-GB", "title": "Falls", "text": "We ask."}
    made = client.post("/api/v1/notices", json=text)
    assert made.status_code == 201, made.json
    found: Any = client.get(made.headers["Location"]).json
    assert (found["text"], found["format"]) == ("We ask.", "standard")
    again = client.post("/api/v1/notices", json=text)
    assert (again.status_code, again.json["type"].rpartition("/")[2]) == (  # type: ignore[index]
        409,
        "consent-notice-there",
    )
    for wrong in (
        {"id": "No Spaces"},
        {"version": 3},
        {"version": 0},
        {"language": "english"},
        {"format": "sung"},
        {"title": " "},
        {"text": ""},
    ):
        assert client.post("/api/v1/notices", json={**text, **wrong}).status_code == 422, wrong
    client.post("/api/v1/notices", json={**text, "language": "cy", "format": "easy-read"})
    for query, count in (("", 2), ("?language=cy", 1), ("?format=standard", 1), ("?id=none", 0)):
        assert len(client.get(f"/api/v1/notices{query}").json["items"]) == count, query  # type: ignore[index]
    assert client.get("/api/v1/notices?format=sung").status_code == 422
    assert client.post("/api/v1/notices/falls/1/retirement").status_code == 201
    for once_more in (
        client.post("/api/v1/notices/falls/1/retirement"),
        client.post("/api/v1/notices", json={**text, "language": "pl"}),
    ):
        assert once_more.json["type"].rpartition("/")[2] == "consent-notice-retired"  # type: ignore[index]
    assert client.get("/api/v1/notices").json == {"items": []}
    assert len(client.get("/api/v1/notices?retired=true").json["items"]) == 2  # type: ignore[index]
    assert client.get("/api/v1/notices/falls/1/cy/easy-read").status_code == 200
    for nowhere in ("falls/2/cy/easy-read", "falls/1/cy/sung", "falls/1/fr/standard"):
        assert client.get(f"/api/v1/notices/{nowhere}").status_code == 404
    elsewhere = act_as(member(Role.STEWARD))
    assert elsewhere.post("/api/v1/notices", json={**text, "version": 2}).status_code == 404
    patient = act_as(partnership.patient)
    assert patient.post("/api/v1/notices", json={**text, "id": "mine"}).status_code == 403

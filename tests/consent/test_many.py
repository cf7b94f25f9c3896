"""Many statements in one request: each by itself, together once."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.consent import queries, service
from ledger.consent.models import Consent
from ledger.consent.rules.choices import Source
from ledger.consent.rules.model import Effect
from ledger.consent.service import Recorded, Said, Statement
from ledger.core.actor import Actor, Role
from ledger.core.authority import Resource
from ledger.core.entries import AuthorityRefused
from ledger.core.errors import Bug, Forbidden, NotFound
from ledger.core.ids import new_id
from ledger.core.permissions import Permission
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from tests.conftest import NOW
from tests.consent.conftest import ActAs, Partnership
from tests.core.given import registered
from tests.given import consent as given
from tests.given.directory import cared_for, member, patient

WHERE = "/api/v1/consents/batch"


@pytest.fixture
def clinician(partnership: Partnership) -> Actor:
    found = member(Role.CLINICIAN, at=partnership.trust)
    cared_for(partnership.patient_id, by=found)
    return found


def another(p: Partnership, by: Actor) -> UUID:
    found, _ = patient(at=p.trust)
    cared_for(found, by=by)
    return found


def yes(p: Partnership, patient_id: UUID, **changed: Any) -> dict[str, Any]:
    return {
        "patient_id": str(patient_id),
        "answer": "yes",
        "agreement_id": str(p.agreement_id),
        "purposes": ["TREAT"],
        "categories": ["medicines"],
        "organisation_ids": [str(p.council)],
        "source": "phone",
        **changed,
    }


def count(session: Session, kind: str) -> int:
    session.rollback()
    return session.scalar(select(func.count()).where(LogEntry.kind == kind)) or 0


def test_each_is_answered_as_by_itself_in_order(
    session: Session, partnership: Partnership, clinician: Actor, act_as: ActAs
) -> None:
    p, client = partnership, act_as(clinician)
    other, stranger = another(p, clinician), new_id()
    given.dissented(p.patient)
    late = {"decided_at": "2020-01-01T00:00:00Z"}
    items = [
        yes(p, other),
        yes(p, p.patient_id, source="paper", **late),
        yes(p, stranger),
        yes(p, other, categories=["finance"]),
        {"patient_id": "nobody"},
        "not even an object",
        yes(p, other, answer="no", agreement_id=None, categories=[], organisation_ids=[]),
        yes(p, other, agreement_id=None),
    ]
    said = client.post(WHERE, json={"statements": items})
    assert said.status_code == 200, said.json
    results = (said.json or {})["results"]
    assert [one["status"] for one in results] == [201, 202, 404, 422, 422, 422, 201, 422]
    assert results[1]["doubts"][0]["reason"] == "older-than-a-standing-no"
    assert results[2]["problem"]["type"] == "/problems/not-found"
    assert results[3]["problem"]["errors"][0]["field"] == "/categories"
    assert {one["field"] for one in results[4]["problem"]["errors"]} >= {"/answer", "/patient_id"}
    assert results[7]["problem"]["errors"][0]["field"] == "/agreement_id"
    session.rollback()
    found = queries.of_patient(session, clinician, other, now=NOW)
    assert [str(one.id) for one in found] == [results[6]["consent_id"], results[0]["consent_id"]]


def test_the_whole_is_done_once(
    session: Session, partnership: Partnership, clinician: Actor, act_as: ActAs
) -> None:
    p, client, key = partnership, act_as(clinician), {"Idempotency-Key": "a-batch"}
    body = {"statements": [yes(p, p.patient_id), yes(p, new_id())]}
    first = client.post(WHERE, json=body, headers=key)
    again = client.post(WHERE, json=body, headers=key)
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    assert count(session, "consent.granted") == 1
    other = client.post(WHERE, json={"statements": [yes(p, new_id())]}, headers=key)
    assert other.status_code == 422


@pytest.mark.parametrize(
    "body",
    [[], {}, {"statements": []}, {"statements": {}}, {"statements": [1] * 501}, "x"],
)
def test_what_is_no_list_is_refused_whole(
    partnership: Partnership, clinician: Actor, act_as: ActAs, body: Any
) -> None:
    said = act_as(clinician).post(WHERE, json=body)
    assert (said.status_code, (said.json or {})["errors"][0]["field"]) == (422, "/statements")


def test_one_that_is_refused_leaves_nothing_and_the_refusal_is_recorded(
    session: Session, partnership: Partnership, clinician: Actor
) -> None:
    p = partnership
    unknown_to_them, _ = patient(at=p.council)
    officer = member(Role.PRIVACY_OFFICER, at=p.trust)
    cared_for(p.patient_id, by=officer)
    choice = given.choice(p.council)
    said = Said(source=Source.PAPER)
    both = [
        Statement(patient_id=p.patient_id, effect=e, agreement_id=a, choice=choice, said=said)
        for e, a in [(Effect.PERMIT, p.agreement_id), (Effect.DENY, None)]
    ]
    before = count(session, AuthorityRefused.kind)
    with unit_of_work(officer) as work:
        refused, recorded = service.say_many(work, both)
        assert len(work.recorded) == 1
    assert isinstance(refused, Forbidden)
    assert isinstance(recorded, Recorded)
    assert count(session, AuthorityRefused.kind) == before + 1
    assert session.scalars(select(Consent.id)).all() == [recorded.consent_id]
    strange = Statement(
        patient_id=unknown_to_them,
        effect=Effect.PERMIT,
        agreement_id=p.agreement_id,
        choice=choice,
        said=said,
    )
    with unit_of_work(clinician) as work:
        (hidden,) = service.say_many(work, [strange])
    assert isinstance(hidden, NotFound)


def test_what_one_was_authorised_for_covers_no_other(session: Session) -> None:
    with pytest.raises(Bug), unit_of_work(Actor.system("test")) as work:
        with work.attempt():
            work.authorise(Permission.ORGANISATION_REGISTER, on=Resource(), records=2)
            work.record(registered())
        work.record(registered())
    assert count(session, registered().kind) == 0

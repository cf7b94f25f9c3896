"""A yes that is older than a no waits for a person, whichever way it comes."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.consent import queries, service
from ledger.consent.rules import Data, Outcome, Request, evaluate
from ledger.consent.rules.choices import Source
from ledger.consent.rules.fhir import Doubtful
from ledger.consent.rules.lifecycle import Status
from ledger.consent.rules.model import Effect
from ledger.consent.service import Recorded, Said, Waiting
from ledger.consent.service.granting import OlderThanANo
from ledger.core.actor import Actor, Role
from ledger.core.ids import new_id
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.conftest import NOW
from tests.consent.conftest import ActAs, Partnership
from tests.given import consent as given
from tests.given.directory import cared_for, member

DAY = timedelta(days=1)
ON_PAPER = Said(
    source=Source.PAPER,
    decided_at=NOW - 30 * DAY,
    words="Found in a drawer",
    evidence=b"%PDF a form",
    media_type="application/pdf",
)


@pytest.fixture
def clinician(partnership: Partnership) -> Actor:
    found = member(Role.CLINICIAN, at=partnership.trust)
    cared_for(partnership.patient_id, by=found)
    return found


def granted(actor: Actor, p: Partnership, said: Said) -> Recorded | Waiting:
    with unit_of_work(actor) as work:
        return service.grant_or_wait(
            work,
            patient_id=p.patient_id,
            agreement_id=p.agreement_id,
            choice=given.choice(p.council, but_not=frozenset({f"person:{actor.id}"})),
            said=said,
        )


def ask(session: Session, p: Partnership) -> Outcome:
    found = queries.standing(session, p.patient_id)
    request = Request(
        subject=p.patient_id,
        actors=frozenset({f"organisation:{p.council}"}),
        action="access",
        purpose="TREAT",
        at=found.instant(NOW),
        data=Data(category=Category.MEDICINES),
    )
    return evaluate(found.consents, request).outcome


def test_it_waits_for_a_person_and_changes_nothing_meanwhile(
    session: Session, partnership: Partnership, clinician: Actor
) -> None:
    p = partnership
    given.withdrawn(p.patient, given.granted(p.patient, p.agreement_id, to=p.council))
    before = queries.standing(session, p.patient_id)
    done = granted(clinician, p, ON_PAPER)
    assert isinstance(done, Waiting)
    assert [one.reason for one in done.doubts] == [Doubtful.OLDER_THAN_A_NO]
    session.rollback()
    assert queries.standing(session, p.patient_id) == before
    assert ask(session, p) is Outcome.NOT_APPLICABLE

    assert queries.quarantined(session, member(Role.PRIVACY_OFFICER, at=p.council)) == ()
    officer = member(Role.PRIVACY_OFFICER, at=p.trust)
    (waiting,) = queries.quarantined(session, officer)
    case = queries.quarantine_case(session, officer, waiting.id)
    assert b"Found in a drawer" in case.original
    (proposal,) = case.proposals
    assert (proposal.base, proposal.doubts) == (Effect.PERMIT, ())
    with unit_of_work(officer) as work:
        accepted = service.accept_quarantined(
            work,
            waiting.id,
            corrected=proposal.corrected,
            release=case.release,
            source=Source.PHONE,
            words="She stands by it: by phone today",
        )
    session.rollback()
    view = queries.consent(session, p.patient, accepted.consent_id, now=NOW)
    assert (view.status, view.agreement_id, view.source) == (
        Status.ACTIVE,
        p.agreement_id,
        Source.PHONE,
    )
    assert view.decided_at == NOW
    assert ask(session, p) is Outcome.PERMIT
    # It is on the same matter as what is said directly, so the next word replaces it.
    newer = given.granted(p.patient, p.agreement_id, to=p.council)
    assert queries.consent(session, p.patient, accepted.consent_id, now=NOW).replaced
    given.withdrawn(p.patient, newer)
    assert ask(session, p) is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("less", ["narrow", "suspend"])
def test_a_yes_older_than_a_wish_to_share_less_waits_too(
    session: Session, partnership: Partnership, clinician: Actor, less: str
) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
    fewer = given.choice(p.council, categories=frozenset({Category.CARE_PLAN}))
    with unit_of_work(p.patient) as work:
        if less == "suspend":
            service.suspend(work, consent_id)
        else:
            service.narrow(work, consent_id, choice=fewer)
    assert isinstance(granted(clinician, p, ON_PAPER), Waiting)
    session.rollback()
    assert ask(session, p) is Outcome.NOT_APPLICABLE


def test_an_older_yes_does_not_take_the_place_of_a_newer_one_to_less(
    session: Session, partnership: Partnership, clinician: Actor
) -> None:
    p = partnership
    given.granted(
        p.patient, p.agreement_id, to=p.council, categories=frozenset({Category.CARE_PLAN})
    )
    assert isinstance(granted(clinician, p, ON_PAPER), Waiting)
    session.rollback()
    assert ask(session, p) is Outcome.NOT_APPLICABLE


def test_what_was_put_on_hold_is_not_taken_up_by_an_older_form(
    session: Session, partnership: Partnership, clinician: Actor
) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
    with unit_of_work(p.patient) as work:
        service.suspend(work, consent_id)
    with pytest.raises(OlderThanANo), unit_of_work(clinician) as work:
        service.re_validate(work, consent_id, said=ON_PAPER)


def test_it_is_accepted_under_its_own_agreement_and_no_other(
    session: Session, partnership: Partnership, clinician: Actor
) -> None:
    p = partnership
    given.dissented(p.patient)
    assert isinstance(granted(clinician, p, ON_PAPER), Waiting)
    officer = member(Role.PRIVACY_OFFICER, at=p.trust)
    (waiting,) = queries.quarantined(session, officer)
    case = queries.quarantine_case(session, officer, waiting.id)
    corrected = json.loads(case.proposals[0].corrected)
    kept = {name: value for name, value in corrected.items() if name != "extension"}
    with unit_of_work(officer) as work:
        done = service.accept_quarantined(
            work,
            waiting.id,
            corrected=json.dumps(kept).encode(),
            release=case.release,
            source=Source.SPOKEN,
            words="Confirmed at the ward",
        )
    view = queries.consent(session, p.patient, done.consent_id, now=NOW)
    assert view.agreement_id == p.agreement_id


def test_who_is_there_says_it_today(partnership: Partnership, clinician: Actor) -> None:
    p = partnership
    given.dissented(p.patient)
    with pytest.raises(OlderThanANo):
        granted(p.patient, p, Said(decided_at=NOW - DAY))
    assert isinstance(granted(p.patient, p, Said()), Recorded)


def test_what_is_newer_than_every_no_counts_at_once(
    session: Session, partnership: Partnership, clinician: Actor
) -> None:
    p = partnership
    done = granted(clinician, p, ON_PAPER)
    assert isinstance(done, Recorded)
    assert ask(session, p) is Outcome.PERMIT


def test_over_http(partnership: Partnership, clinician: Actor, act_as: ActAs) -> None:
    p = partnership
    given.dissented(p.patient)
    form = {
        "agreement_id": str(p.agreement_id),
        "purposes": ["TREAT"],
        "categories": ["medicines"],
        "organisation_ids": [str(p.council)],
        "source": "paper",
        "decided_at": (NOW - DAY).isoformat(),
    }
    client, where = act_as(clinician), f"/api/v1/patients/{p.patient_id}/consents"
    key = {"Idempotency-Key": str(new_id())}
    late = client.post(where, json=form, headers=key)
    assert late.status_code == 202, late.json
    body: dict[str, Any] = late.json or {}
    assert body["doubts"][0]["reason"] == "older-than-a-standing-no"
    assert client.post(where, json=form, headers=key).json == body
    assert client.post(where, json={**form, "decided_at": None}).status_code == 201
    officer = act_as(member(Role.PRIVACY_OFFICER, at=p.trust))
    case = officer.get(f"/api/v1/quarantine/{UUID(body['quarantine_id'])}")
    assert case.status_code == 200, case.json

"""Consents from elsewhere: the official twelve end to end, and what is quarantined."""

import os
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.consent import queries, service
from ledger.consent.entries import EVIDENCE
from ledger.consent.rules import Data, Kind, Outcome, Request, evaluate
from ledger.consent.rules.choices import Source
from ledger.consent.rules.fhir import NotAConsent
from ledger.consent.rules.fhir.values import Doubtful
from ledger.consent.service import Imported, UnknownPatient
from ledger.consent.service.quarantining import QuarantineClosed
from ledger.core import privacy
from ledger.core.actor import Actor, Role
from ledger.core.errors import Forbidden, NotFound
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from tests.conftest import NOW
from tests.consent.conftest import Partnership
from tests.consent.fhir.examples import ACT_REASON, Json, a_consent, body, coding, recipient
from tests.consent.fhir.test_official import EXPECTED
from tests.given import consent as given
from tests.given.directory import member, organisation

REAL_DATA = os.environ.get("LEDGER_TEST_REAL_DATA")


@pytest.fixture
def officer(partnership: Partnership) -> Actor:
    return member(Role.PRIVACY_OFFICER, at=partnership.trust)


def brought(
    officer: Actor, text: bytes, patient_id: UUID, actors: dict[str, str] | None = None
) -> Imported:
    with unit_of_work(officer) as work:
        return service.import_fhir(work, body=text, patient_id=patient_id, actors=actors)


def of(session: Session, patient_id: UUID, **changes: object) -> Json:
    identity = directory.patient_identities(session, [patient_id])[patient_id]
    assert identity is not None
    system = "https://fhir.nhs.uk/Id/nhs-number"
    named = {"identifier": {"system": system, "value": identity.nhs_number}}
    return a_consent({"type": "permit", **changes}, patient=named)


def ask(session: Session, p: Partnership, actor: str, purpose: str = "TREAT") -> Outcome:
    request = Request(
        subject=p.patient_id,
        actors=frozenset({actor}),
        action="access",
        purpose=purpose,
        at=NOW,
        data=Data(),
    )
    return evaluate(queries.standing(session, p.patient_id).consents, request).outcome


@pytest.mark.skipif(not REAL_DATA, reason="set LEDGER_TEST_REAL_DATA to the official examples")
def test_each_official_example_is_enforced_or_quarantined_with_its_bytes_as_evidence(
    session: Session, partnership: Partnership, officer: Actor
) -> None:
    p = partnership
    theirs = f"organisation:{p.council}"
    for name, doubt in EXPECTED.items():
        path = Path(str(REAL_DATA)) / "consents" / f"Consent-consent-example-{name}.json"
        text = path.read_bytes()
        done = brought(officer, text, p.patient_id, {"Organization/f001": theirs})
        opened = privacy.opened(session, [done.entry_id])[done.entry_id][EVIDENCE]
        assert opened is not None
        assert bytes.fromhex(opened["evidence"]) == text
        assert (done.consent_id is not None) is (doubt is None)
        if doubt is not None:
            assert (done.doubts[0].reason, done.doubts[0].element) == doubt
    waiting = queries.quarantined(session, officer)
    assert len(waiting) == 11
    assert all(one.doubts[0] == ("root-type-missing", "Consent.provision.type") for one in waiting)
    assert ask(session, p, theirs) is Outcome.DENY
    assert ask(session, p, f"organisation:{p.trust}") is Outcome.NOT_APPLICABLE


def test_a_consent_that_is_understood_is_enforced(
    session: Session, partnership: Partnership, officer: Actor
) -> None:
    p = partnership
    code = directory.organisation(session, p.council).ods_code
    assert code is not None
    purpose = [coding(ACT_REASON, "TREAT")]
    consent = of(session, p.patient_id, actor=[recipient(code)], purpose=purpose)
    with unit_of_work(officer) as work:
        done = service.import_fhir(work, body=body(consent))
    assert done.patient_id == p.patient_id
    assert done.consent_id is not None
    assert ask(session, p, f"organisation:{p.council}") is Outcome.PERMIT
    assert ask(session, p, f"organisation:{p.council}", "HRESCH") is Outcome.NOT_APPLICABLE
    view = queries.consent(session, p.patient, done.consent_id, now=NOW)
    assert (view.kind, view.source) == (Kind.CONFIDENTIALITY, Source.IMPORTED)
    assert view.party_ids == (p.council,)


def test_an_actor_nobody_knows_quarantines(
    session: Session, partnership: Partnership, officer: Actor
) -> None:
    p = partnership
    for actor in (recipient("NOSUCH"), {**recipient(), "reference": {"reference": "Device/1"}}):
        done = brought(officer, body(of(session, p.patient_id, actor=[actor])), p.patient_id)
        assert [d.reason for d in done.doubts] == [Doubtful.UNKNOWN_ACTOR]
    assert queries.versions(session, [p.patient_id]) == {}


def test_a_file_older_than_a_no_waits_for_a_person(
    session: Session, partnership: Partnership, officer: Actor
) -> None:
    p = partnership
    given.dissented(p.patient)
    done = brought(officer, body(of(session, p.patient_id)), p.patient_id)
    assert [d.reason for d in done.doubts] == [Doubtful.OLDER_THAN_A_NO]
    assert ask(session, p, "person:anybody") is Outcome.DENY


def test_a_person_settles_what_is_quarantined_once_and_only_where_it_came_in(
    session: Session, partnership: Partnership, officer: Actor
) -> None:
    p = partnership
    done = brought(officer, body(a_consent(status="draft")), p.patient_id)
    assert done.quarantine_id is not None
    elsewhere = member(Role.PRIVACY_OFFICER, at=organisation())
    assert queries.quarantined(session, elsewhere) == ()
    with pytest.raises(NotFound), unit_of_work(elsewhere) as work:
        service.close_quarantine(work, done.quarantine_id)
    with unit_of_work(officer) as work:
        service.close_quarantine(work, done.quarantine_id, words="The patient was asked again")
    assert queries.quarantined(session, officer) == ()
    with pytest.raises(QuarantineClosed), unit_of_work(officer) as work:
        service.close_quarantine(work, done.quarantine_id)


def test_what_is_no_consent_or_of_nobody_is_not_kept(
    session: Session, partnership: Partnership, officer: Actor
) -> None:
    with pytest.raises(NotAConsent), unit_of_work(officer) as work:
        service.import_fhir(work, body=b"{}", patient_id=partnership.patient_id)
    future = a_consent({"type": "permit"}, dateTime="2030-01-01")
    with pytest.raises(NotAConsent, match="future"):
        brought(officer, body(future), partnership.patient_id)
    for named in (
        {"reference": "Patient/f001"},
        {"reference": f"Patient/{UUID(int=7)}"},
        {"identifier": {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "123"}},
    ):
        with pytest.raises(UnknownPatient), unit_of_work(officer) as work:
            service.import_fhir(work, body=body(a_consent(patient=named)))


def test_only_those_who_may_bring_consents_in(partnership: Partnership) -> None:
    p = partnership
    with pytest.raises(Forbidden):
        brought(p.patient, body(a_consent()), p.patient_id)

"""Who gains and who loses, before a choice is made: the same that decisions then say."""

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.access import gains
from ledger.access.gains import Change
from ledger.consent import queries, service
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.core.ids import new_id
from ledger.core.trail import LogEntry
from ledger.vocabulary.categories import Category
from tests.given import directory
from tests.given.access import Scene, scene
from tests.trail.conftest import ClientOf


def entries() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(LogEntry)) or 0


def granting(here: Scene) -> list[Change]:
    found = gains.preview(
        here.patient,
        here.patient_id,
        lambda work: service.grant(
            work,
            patient_id=here.patient_id,
            agreement_id=here.agreement_id,
            choice=here.choice(),
        ),
    )
    assert set(found) <= {here.trust}
    return [one for changes in found.values() for one in changes]


def test_a_yes_to_research_gains_what_it_names_and_keeps_nothing(app: Flask) -> None:
    here = scene()
    before = entries()
    found = granting(here)
    assert entries() == before
    assert queries.standing(db.session(), here.patient_id).version == 0
    told = {(c.role, c.purpose, c.holder_id == here.council): c for c in found}
    clinicians = told[Role.CLINICIAN, "HRESCH", True]
    assert (clinicians.gained, clinicians.lost) == ((Category.MEDICINES,), ())
    assert here.ask(purpose="HRESCH").permits is False
    here.grant()
    assert here.ask(purpose="HRESCH").permits is True


def test_a_no_to_care_loses(app: Flask) -> None:
    here = scene()
    found = gains.preview(
        here.patient,
        here.patient_id,
        lambda work: service.dissent(work, patient_id=here.patient_id, choice=here.choice("TREAT")),
    )
    assert all(not one.gained for one in found[here.trust])
    lost = {(c.role, c.purpose): c for c in found[here.trust] if c.holder_id == here.council}
    assert Category.MEDICINES in lost[Role.CLINICIAN, "TREAT"].lost
    assert lost[Role.CLINICIAN, "TREAT"].caring
    assert (Role.AUDITOR, "TREAT") not in lost
    assert here.ask().permits, "it was a preview"
    here.dissent()
    assert not here.ask().permits


def test_withdrawing_takes_back_what_was_given(app: Flask) -> None:
    here = scene()
    gained = granting(here)
    consent_id = here.grant()
    found = gains.preview(
        here.patient, here.patient_id, lambda work: service.withdraw(work, consent_id)
    )
    lost = [one for changes in found.values() for one in changes]
    assert [one.lost for one in lost] == [one.gained for one in gained]


def test_what_may_not_be_chosen_is_not_previewed(app: Flask, session: Session) -> None:
    here = scene()
    _, stranger = directory.patient()
    with pytest.raises(LedgerError):
        gains.preview(
            stranger,
            here.patient_id,
            lambda work: service.dissent(
                work, patient_id=here.patient_id, choice=here.choice("TREAT")
            ),
        )


def test_over_http(app: Flask, client_of: ClientOf) -> None:
    here = scene()
    choice = {
        "agreement_id": str(here.agreement_id),
        "purposes": ["HRESCH"],
        "categories": ["medicines"],
        "organisation_ids": [str(here.trust)],
    }
    mine, path = client_of(here.patient), f"/api/v1/patients/{here.patient_id}"
    gained = mine.post(f"{path}/consents/preview", json=choice)
    assert gained.status_code == 200, gained.text
    assert {one["organisation_id"] for one in gained.json["changes"]} == {str(here.trust)}
    assert all(one["gained"] == ["medicines"] for one in gained.json["changes"])
    assert mine.get(f"{path}/consents").json["items"] == [], "nothing of it is kept"
    refused = mine.post(f"{path}/consents/preview", json={**choice, "purposes": ["NOPE"]})
    assert refused.status_code == 422
    consent_id = here.grant()
    lost = client_of(here.patient).post(f"/api/v1/consents/{consent_id}/withdrawal/preview")
    assert [one["lost"] for one in lost.json["changes"]] == [
        one["gained"] for one in gained.json["changes"]
    ]
    _, stranger = directory.patient()
    assert client_of(stranger).post(f"{path}/consents/preview", json=choice).status_code == 404


def test_who_may_write_down_a_no_and_not_read_learns_nothing_of_what_was_said(
    app: Flask, client_of: ClientOf
) -> None:
    """A preview is kept nowhere, so it would be a way to read consents that nobody sees."""
    here = scene()
    stranger = client_of(directory.member(Role.CLINICIAN))
    choice = {
        "purposes": ["TREAT"],
        "categories": ["medicines"],
        "organisation_ids": [str(here.trust)],
        "source": "phone",
    }
    told = []
    for patient_id in (here.patient_id, new_id()):
        answer = stranger.post(f"/api/v1/patients/{patient_id}/dissents/preview", json=choice)
        told.append((answer.status_code, answer.json["detail"]))
    assert told[0] == told[1] == (404, "no such patient")
    caring = client_of(here.clinician)
    shown = caring.post(f"/api/v1/patients/{here.patient_id}/dissents/preview", json=choice)
    assert shown.status_code == 200, shown.text
    assert any(one["lost"] for one in shown.json["changes"])

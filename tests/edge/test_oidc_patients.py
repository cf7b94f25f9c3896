"""Patients sign in through the certified oidc-provider as at a national login, which vouches."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import requests
from sqlalchemy import text

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.rules.imports import Identity
from ledger.edge import provider_links
from tests.databases import NewDatabase
from tests.edge.browsing import Browser, query
from tests.edge.certified import PATIENTS, World, open_patients, person, world
from tests.given import directory as given

pytestmark = pytest.mark.real_time
BORN = "1948-03-01"


@pytest.fixture(scope="module")
def here(sqlite_databases: NewDatabase) -> Iterator[World]:
    with world(sqlite_databases()) as made:
        yield made


@pytest.fixture
def number() -> str:
    return given.nhs_number()


@pytest.fixture
def patient_id(here: World, number: str) -> Any:
    """A patient who has a record, and no sign-in."""
    trust = given.organisation()
    born = date.fromisoformat(BORN)
    identity = Identity(name="Iris Moss", date_of_birth=born, nhs_number=number)
    with unit_of_work(given.SYSTEM) as work:
        return service.register_patient(work, organisation_id=trust, identity=identity)


def claims(number: str, level: str = "P9", **others: Any) -> dict[str, Any]:
    return {
        "nhs_number": number,
        "birthdate": BORN,
        "identity_proofing_level": level,
        **others,
    }


def go(browser: Browser, path: str = "/sign-in/patients") -> requests.Response:
    return browser.cookies.get(browser.url + path)


def is_signed_in(browser: Browser) -> bool:
    return "Sign out" in browser.get("/").text


def test_whom_the_provider_vouches_for_has_their_record(
    here: World, number: str, patient_id: Any
) -> None:
    open_patients(here, person(number, "P9.Cp.Cd", **claims(number)))
    browser = here.browser()
    assert "Patient" in go(browser, "/sign-in/patients?next=/my/choices").text
    person_id = queries.linked_person(db.session(), patient_id)
    assert person_id
    db.session().rollback()
    entries = text("SELECT kind FROM entries ORDER BY position DESC LIMIT 3")
    kinds = set(db.session().scalars(entries))
    assert kinds == {
        "directory.person-registered",
        "directory.invitation-accepted",
        "directory.linked",
    }
    again = here.browser()
    go(again)
    assert is_signed_in(again)
    assert queries.linked_person(db.session(), patient_id) == person_id


def test_an_account_that_is_not_proved_enough_has_no_record(
    here: World, number: str, patient_id: Any
) -> None:
    for wrong in (
        claims(number, level="P5"),
        claims(number, level="P9", birthdate="1950-01-01"),
        claims("999 000 0000"),
        claims(given.nhs_number()),
        {"nhs_number": number},
    ):
        open_patients(here, person(number, "P9.Cp.Cd", **wrong))
        page = go(here.browser())
        assert page.status_code == 403, wrong
        assert "We do not know this account" in page.text
    assert queries.linked_person(db.session(), patient_id) is None


def test_who_was_linked_in_person_is_the_same_person(here: World, number: str) -> None:
    patient_id, patient = given.patient(number=number)
    open_patients(here, person(number, "P9.Cp.Cd", **claims(number)))
    browser = here.browser()
    go(browser)
    assert is_signed_in(browser)
    assert queries.linked_person(db.session(), patient_id) == patient.id


def test_another_number_than_before_is_refused(here: World, number: str) -> None:
    """Numbers are merged and mistaken: nobody is shown a record that may not be theirs."""
    given.patient(number=number)
    open_patients(here, person(number, "P9.Cp.Cd", **claims(number)))
    go(here.browser())
    other = given.nhs_number()
    given.patient(number=other)
    open_patients(here, person(number, "P9.Cp.Cd", **claims(other)))
    page = go(here.browser())
    assert page.status_code == 400
    assert "somebody else than the patient" in page.text


def test_saying_no_needs_the_lowest_level_and_reading_the_highest(here: World, number: str) -> None:
    """Who is known already may come in weakly: to refuse and withdraw, and to nothing else."""
    _, patient = given.patient(number=number)
    provider_links.link(here.certified.issuers[PATIENTS], number, patient.id)
    weak = claims(number, level="P0")
    open_patients(here, person(number, "P0.Cp", "P9.Cp.Cd", **weak))
    browser = here.browser()
    go(browser)
    for path in ("/my/choices", "/my/choose/"):
        assert browser.get(path, follow=False).headers.get("Location", "").find("again") < 0, path
    looked = browser.get("/my/looked", follow=False)
    assert looked.headers["Location"] == "/sign-in/again?next=%2Fmy%2Flooked&for=reading"
    there = browser.get(looked.headers["Location"], follow=False).headers["Location"]
    assert query(there)["vtr"] == '["P9.Cp.Cd"]'
    page = browser.cookies.get(there)
    assert page.url == f"{here.server.url}/my/looked"
    assert page.status_code == 200


def test_a_provider_of_patients_opens_no_role_of_staff(here: World, number: str) -> None:
    _, patient = given.patient(number=number)
    given.another_role(patient, Role.STEWARD, at=given.organisation())
    open_patients(here, person(number, "P9.Cp.Cd", **claims(number)))
    browser = here.browser()
    page = go(browser)
    assert "Steward" not in page.text
    assert browser.get("/staff").status_code == 403


def test_staff_who_are_nobodys_patient_cannot_come_in_there(here: World) -> None:
    steward: Actor = given.member(Role.STEWARD)
    provider_links.link(here.certified.issuers[PATIENTS], "a-steward", steward.id)
    open_patients(here, person("a-steward", "P9.Cp.Cd"))
    page = go(here.browser())
    assert page.status_code == 403
    assert "You have no role yet" in page.text

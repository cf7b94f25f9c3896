"""How sure a sign-in must be: the table, who is held to it, and that saying no is never hard."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import given as of
from hypothesis import strategies as some

from ledger.core.actor import Actor, Role
from ledger.core.authority import (
    Resource,
    StrongerSignInNeeded,
    could_ever,
    in_force,
    permits,
    require,
)
from ledger.core.db import db
from ledger.core.permissions import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.queries import Door
from ledger.edge import assurance, doors, providers
from ledger.edge.assurance import NEEDS, Need, needs
from ledger.edge.claims import Chosen, ClaimsRefused, PatientClaims, StaffClaims, chosen, proofed
from ledger.edge.providers import Provider
from ledger.edge.sessions import Authentication
from ledger.settings import BadSettings
from tests.databases import settings_for
from tests.given import directory as given
from tests.given.identity import PASSWORD, account, signed_in

NEVER_HARD = {
    Permission.CONSENT_WITHDRAW,
    Permission.AGREEMENT_SUSPEND,
    Permission.PROFILE_READ,
}


def test_no_permission_is_forgotten() -> None:
    assert set(NEEDS) == set(Permission)


def test_saying_no_and_stopping_need_the_lowest() -> None:
    assert {one for one in NEVER_HARD if needs(one) is not Need.ANY} == set()
    assert needs(Permission.CONSENT_READ) is Need.READING
    assert needs(Permission.CONSENT_READ, as_patient=True) is Need.ANY


def use(app: Flask, **chosen: str) -> None:
    settings = app.extensions["settings"]
    for name, value in chosen.items():
        object.__setattr__(settings, name, value)
    app.extensions["providers"] = {one.slug: one for one in providers.read(settings)}


def proof(app: Flask) -> Authentication:
    issuer = app.extensions["settings"].public_url
    return Authentication(iss=issuer, sub="x", acr=None, amr=(), auth_time=0)


def test_a_weak_sign_in_leaves_out_all_but_the_lowest(app: Flask) -> None:
    assert assurance.unproven(proof(app), [Role.PATIENT]) == frozenset()
    use(app, local_level="low")
    left_out = assurance.unproven(proof(app), [Role.CLINICIAN])
    assert left_out == {one for one in Permission if NEEDS[one] is not Need.ANY}
    patient = assurance.unproven(proof(app), [Role.PATIENT])
    assert left_out - patient == {Permission.CONSENT_READ}
    use(app, reading_level="low")
    assert Permission.LOG_READ not in assurance.unproven(proof(app), [Role.AUDITOR])
    stranger = replace(proof(app), iss="https://no.provider.example")
    assert assurance.level(stranger) == "low"


def test_a_command_asks_even_where_no_page_thought_of_it(app: Flask) -> None:
    steward = given.member(Role.STEWARD)
    assert steward.organisation_id
    weak = replace(steward, unproven=frozenset({Permission.PERSON_INVITE}))
    with pytest.raises(StrongerSignInNeeded), unit_of_work(weak) as work:
        service.invite(
            work,
            name="A Person",
            email="a@demonstration.example",
            organisation_id=steward.organisation_id,
            role=Role.CLINICIAN,
        )


@of(
    permission=some.sampled_from(Permission),
    role=some.sampled_from(Role),
    unproven=some.frozensets(some.sampled_from(Permission)),
    host=some.booleans(),
)
def test_a_weak_sign_in_only_ever_takes_away(
    permission: Permission, role: Role, unproven: frozenset[Permission], *, host: bool
) -> None:
    organisation_id = uuid4()
    strong = Actor.person(uuid4(), roles=frozenset({role}), organisation_id=organisation_id)
    weak = replace(strong, unproven=unproven)
    on = Resource(
        organisation_ids=frozenset({organisation_id}), host_id=organisation_id if host else None
    )
    by = in_force()
    assert permits(by, weak, permission, on) is (
        permits(by, strong, permission, on) and permission not in unproven
    )
    assert could_ever(by, weak, permission) is could_ever(by, strong, permission)
    if permits(by, strong, permission, on) and permission in unproven:
        with pytest.raises(StrongerSignInNeeded):
            require(by, weak, permission, on)


def test_pages_of_a_weak_sign_in(app: Flask) -> None:
    """A patient may take back and refuse; who asked is for a surer sign-in to read."""
    _, patient = given.patient()
    account(patient, "a.patient", PASSWORD)
    use(app, local_level="low")
    client = signed_in(app, patient)
    for path, status in (("/my/choices", 200), ("/my/choose/", 302), ("/my/looked", 303)):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code in (status, 303), path
        assert ("/sign-in/again" in answer.headers.get("Location", "")) is (path == "/my/looked")
    page = client.get("/sign-in/again?next=/my/looked&for=reading")
    assert page.status_code == 403
    assert "You can always say no" in page.text


@pytest.mark.parametrize(
    ("door", "opens"),
    [
        (Door(), {"A clinician", "A steward", "B auditor", "patient"}),
        (Door(as_patient=False, ods_codes=frozenset({"DEMX"})), {"A clinician", "A steward"}),
        (Door(as_patient=False, roles=frozenset({Role.AUDITOR})), {"B auditor"}),
        (Door(as_staff=False), {"patient"}),
        (Door(as_patient=False, as_staff=False), set()),
    ],
)
def test_a_door_opens_what_it_is_bound_to(app: Flask, door: Door, opens: set[str]) -> None:
    _, person = given.patient()
    here, there = given.organisation(ods_code="DEMX"), given.organisation(ods_code="DEMY")
    made = {
        "A clinician": given.another_role(person, Role.CLINICIAN, at=here),
        "A steward": given.another_role(person, Role.STEWARD, at=here),
        "B auditor": given.another_role(person, Role.AUDITOR, at=there),
    }
    session = db.session()
    found = {
        name
        for name, actor in made.items()
        if queries.actor_for(session, person.id, actor.membership_id, door=door).membership_id
        == actor.membership_id
    }
    by_default = queries.actor_for(session, person.id, None, door=door)
    if Role.PATIENT in by_default.roles:
        found.add("patient")
    assert found == opens
    assert by_default.held >= {Role.CLINICIAN, Role.STEWARD, Role.AUDITOR}, "a rule against stays"


def test_what_was_chosen_there_never_widens_a_door() -> None:
    shut = Door(as_patient=False, as_staff=False)
    bound = Door(ods_codes=frozenset({"A1"}), roles=frozenset({Role.AUDITOR}))
    assert doors.through(bound, Chosen("B2", Role.AUDITOR)) == shut
    assert doors.through(bound, Chosen("A1", Role.STEWARD)) == shut
    through = doors.through(bound, Chosen("A1", None))
    assert through.opens(Role.AUDITOR, "A1")
    assert not through.opens(Role.STEWARD, "A1")


FLAT = StaffClaims(organisation="ods")
LISTED = StaffClaims(
    organisation="org",
    roles="all",
    selected="one",
    role_id="id",
    role="job",
    role_map={"J": "auditor"},
)


def test_claims_of_staff_need_not_look_like_anybodys() -> None:
    assert chosen(FLAT, {"ods": "x26"}) == Chosen("X26", None)
    claims: dict[str, Any] = {"all": [{"id": "1", "org": "X26", "job": "J"}], "one": "1"}
    assert chosen(LISTED, claims) == Chosen("X26", Role.AUDITOR)
    wrong: list[dict[str, Any]] = [
        {},
        {"all": "x"},
        {"all": ["x"], "one": "x"},
        {**claims, "one": None},
        {**claims, "all": claims["all"] * 2},
        {**claims, "all": [{"id": "1", "org": 7, "job": "J"}]},
        {**claims, "all": [{"id": "1", "org": "X26"}]},
    ]
    for each in wrong:
        with pytest.raises(ClaimsRefused):
            chosen(LISTED, each)


def test_a_number_counts_if_it_was_proved() -> None:
    where = PatientClaims(nhs_number="n", proofing="p", proofed=("P9",))
    assert proofed(where, {"n": "1", "p": "P5"}) is None
    assert proofed(where, {"n": 1, "p": "P9"}) is None
    assert proofed(where, {"n": "1"}) is None
    found = proofed(where, {"n": "1", "p": "P9", "birthdate": "2000-01-01"})
    assert found
    assert found.birthdate == "2000-01-01"


def settings(**more: object) -> Callable[[], list[Provider]]:
    one = {"slug": "a", "name": "n", "issuer": "https://a", "client_id": "c", "client_secret": "s"}
    return lambda: providers.read(
        settings_for("sqlite://", oidc_providers=json.dumps([one | more]))
    )


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"level": "huge"}, "a level is one of"),
        ({"levels": {"x": "huge"}}, "a level is one of"),
        ({"level_asked_as": "shout"}, "level_asked_as"),
        ({"roles": ["king"]}, "no role"),
        ({"staff": {"organisation": "o", "role_map": {"x": "king"}}}, "no role"),
        ({"staff": {"org": "o"}}, "StaffClaims is an object of"),
        ({"staff": {}}, "organisation"),
        ({"patient": {"nhs_number": "n", "proofing": "p", "proofed": ["P9"]}}, "patients"),
        ({"issuer": "http://127.0.0.1:8000"}, "one issuer"),
    ],
)
def test_settings_that_mean_nothing_stop_the_start(more: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSettings, match=says):
        settings(**more)()


def test_which_words_reach_a_level() -> None:
    one = settings(levels={"AAL3": "high", "AAL2": "medium", "AAL1": "low"})()[0]
    assert one.words_for("medium") == ("AAL3", "AAL2")
    assert one.reaches("high")
    assert one.level_of("AAL2") == "medium"
    assert one.level_of("made up") == one.level_of(None) == "low"
    assert not settings()()[0].reaches("high")
    assert settings(level="high")()[0].reaches("high")

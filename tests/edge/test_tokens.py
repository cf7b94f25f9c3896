"""Access tokens without HTTP: whatever is sent as one is an answer and never an accident."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import given as of
from hypothesis import strategies as some

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.permissions import Permission
from ledger.core.work import unit_of_work
from ledger.directory import service
from ledger.directory.entries import EndReason
from ledger.edge.identity import actor_of
from ledger.edge.oauth import grants, resources, tokens
from tests.conftest import NOW
from tests.given.directory import SYSTEM, another_role, member, organisation
from tests.given.directory import patient as given_patient
from tests.given.identity import bearer

ISSUER = "http://127.0.0.1:8000"
NOW_S = int(NOW.timestamp())


def claims(**changed: Any) -> dict[str, Any]:
    client_id = "00000000-0000-0000-0000-00000000000c"
    return {
        "iss": ISSUER,
        "sub": client_id,
        "aud": ISSUER,
        "iat": NOW_S,
        "exp": NOW_S + 600,
        "jti": "j",
        "client_id": client_id,
        "scope": "log:read",
        "grant": "00000000-0000-0000-0000-00000000000d",
        "org": "00000000-0000-0000-0000-00000000000e",
        "roles": ["service"],
        **changed,
    }


def test_a_clients_token_is_its_actor(app: Flask) -> None:
    found = tokens.read(tokens.signed(claims()), issuer=ISSUER)
    assert actor_of(found) == Actor.client(
        UUID(claims()["client_id"]),
        roles=frozenset({Role.SERVICE}),
        organisation_id=UUID(claims()["org"]),
        scopes=frozenset({"log:read"}),
    )


def test_a_token_of_somebody_who_is_gone_is_refused(app: Flask) -> None:
    found = tokens.read(tokens.signed(claims(sub=str(uuid4()))), issuer=ISSUER)
    with pytest.raises(tokens.InvalidToken):
        actor_of(found)


def test_a_token_is_for_the_role_it_was_given_in_and_for_no_other(app: Flask) -> None:
    clinician = member(Role.CLINICIAN)
    steward = another_role(clinician, Role.STEWARD, at=organisation())
    text = tokens.signed(claims(sub=str(clinician.id), membership=str(clinician.membership_id)))
    given = tokens.read(text, issuer=ISSUER)
    assert actor_of(given).roles == {Role.CLINICIAN}
    assert clinician.membership_id is not None
    with unit_of_work(SYSTEM) as work:
        service.end_role(
            work, membership_id=clinician.membership_id, reason=EndReason.CHANGED_DUTIES
        )
    with pytest.raises(tokens.InvalidToken, match="role"):
        assert actor_of(given).roles == steward.roles


def test_a_token_that_says_nothing_of_a_sign_in_proves_nothing(app: Flask) -> None:
    _, patient = given_patient()
    text = tokens.signed(claims(sub=str(patient.id), scope="access:history", roles=[]))
    who = actor_of(tokens.read(text, issuer=ISSUER))
    assert who.unproven == frozenset(Permission)
    answer = app.test_client().get(
        f"/api/v1/patients/{patient.patient_id}/looks", headers=bearer(text)
    )
    assert answer.status_code == 401


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@of(text=some.text(max_size=60) | some.from_regex(r"[\w-]+\.[\w-]+\.[\w-]+", fullmatch=True))
def test_nonsense_is_refused(app: Flask, text: str) -> None:
    with pytest.raises(tokens.InvalidToken):
        tokens.read(text, issuer=ISSUER)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@of(
    name=some.sampled_from(["iss", "sub", "aud", "exp", "client_id", "scope", "grant", "org"]),
    value=some.one_of(some.none(), some.booleans(), some.integers(), some.text(max_size=5)),
)
def test_a_claim_of_another_shape_is_refused_or_harmless(
    app: Flask, name: str, value: object
) -> None:
    try:
        tokens.read(tokens.signed(claims(**{name: value})), issuer=ISSUER)
    except tokens.InvalidToken:
        return
    assert name in {"aud", "exp", "jti", "scope", "sub", "client_id"}


def test_a_revocation_elsewhere_is_noticed_within_seconds(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = grants.give("c", scope="log:read", resources=[ISSUER], granter=None)
    text = tokens.signed(claims(grant=str(granted.id)))
    here = tokens.Revocations(timedelta(minutes=10))
    assert not here.include(granted.id, NOW)
    assert tokens.read(text, issuer=ISSUER).grant_id == granted.id
    grants.revoke(granted.id)
    with pytest.raises(tokens.InvalidToken):
        tokens.read(text, issuer=ISSUER)
    assert not here.include(granted.id, NOW), "another process has not looked yet"
    assert here.include(granted.id, NOW + timedelta(seconds=2))
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.parametrize(
    ("audience", "path", "yes"),
    [
        ([ISSUER], "/anything", True),
        ([f"{ISSUER}/access/v1"], "/access/v1", True),
        ([f"{ISSUER}/access/v1"], "/access/v1/evaluation", True),
        ([f"{ISSUER}/access/v1"], "/access/v11", False),
        ([f"{ISSUER}/access/v1"], "/api/v1", False),
        (["https://elsewhere.example"], "/access/v1", False),
        ([f"{ISSUER}.evil.example"], "/.evil.example", False),
        ([], "/", False),
    ],
)
def test_where_a_token_is_good(audience: list[str], path: str, *, yes: bool) -> None:
    assert resources.covers(audience, ISSUER, path) is yes

"""Certified OpenID providers (tests/peers/provider.mjs): one of staff, one of patients.

Staff sign in as at a national care identity: a role is chosen there, the userinfo says which, and
the client authenticates with a key. Patients sign in as at a national login: ID tokens carry the
NHS number, how well it was proved and a vector of trust, and the client has a secret.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from joserfc.jwk import ECKey

from tests.edge.browsing import Browser
from tests.journeys.conftest import Server, serving
from tests.peers.node import running

OUR_KEY = ECKey.generate_key("P-256", parameters={"kid": "ours", "use": "sig", "alg": "ES256"})
CLIENT_ID = "the-ledger"
SECRET = "s" * 40
STAFF, PATIENTS = "staff", "patients"
_ROLE_CODES = {"R8000": "clinician", "R8001": "signatory", "R8002": "auditor"}


@dataclass(frozen=True)
class Certified:
    """The running providers, and how they are told what to do."""

    control: str
    issuers: dict[str, str]

    def tell(self, command: str, name: str, **what: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.control}/{command}", json={"name": name, **what}, timeout=10)
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found


@dataclass(frozen=True)
class World:
    """The service and its providers."""

    server: Server
    certified: Certified

    def browser(self) -> Browser:
        return Browser(self.server.url)


def person(sub: str, acr: str, *reaches: str, **claims: Any) -> dict[str, Any]:
    """Somebody at a provider: how they sign in, how they could, and what is said of them."""
    return {"sub": sub, "acr": acr, "reaches": reaches, "claims": claims}


def staff_claims(*roles: tuple[str, str], selected: int = 0) -> dict[str, Any]:
    """What is said of staff who have *roles*, of which they chose one: (ODS code, role code)."""
    listed = [
        {"person_roleid": f"role-{number}", "org_code": ods_code, "role_code": role_code}
        for number, (ods_code, role_code) in enumerate(roles)
    ]
    return {"nhsid_nrbac_roles": listed, "selected_roleid": f"role-{selected}"}


@contextmanager
def world(database_url: str) -> Iterator[World]:
    """Run both providers, with nobody there yet, and the service that people reach by them."""
    with running("provider.mjs") as first:
        control = first["control"]
        certified = Certified(control, {})
        for name in (STAFF, PATIENTS):
            certified.issuers[name] = certified.tell("open", name)["issuer"]
        settings = json.dumps([_staff(certified), _patients(certified)])
        with serving(database_url, oidc_providers=settings) as server:
            yield World(server, certified)


def open_staff(world: World, *people: dict[str, Any]) -> None:
    """Give the provider of staff its people. The first signs in from now on."""
    names = ["nhsid_nrbac_roles", "selected_roleid"]
    key = {
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks": {"keys": [OUR_KEY.as_dict(private=False)]},
    }
    world.certified.tell(
        "make",
        STAFF,
        clients=[_client(world, STAFF) | key],
        people=people,
        claims={"profile": ["name"], "nationalrbacaccess": names},
    )


def open_patients(world: World, *people: dict[str, Any]) -> None:
    """Give the provider of patients its people. The first signs in from now on."""
    names = ["nhs_number", "birthdate", "identity_proofing_level", "vot"]
    world.certified.tell(
        "make",
        PATIENTS,
        clients=[_client(world, PATIENTS) | {"client_secret": SECRET}],
        people=people,
        claims={"profile": names},
        inIdToken=True,
    )


def _client(world: World, slug: str) -> dict[str, Any]:
    ours = world.server.url
    return {
        "client_id": CLIENT_ID,
        "redirect_uris": [f"{ours}/sign-in/{slug}/callback"],
        "post_logout_redirect_uris": [f"{ours}/signed-out"],
        "backchannel_logout_uri": f"{ours}/back-channel-logout/{slug}",
        "backchannel_logout_session_required": True,
    }


def _staff(certified: Certified) -> dict[str, Any]:
    return {
        "slug": STAFF,
        "name": "Care Identity",
        "issuer": certified.issuers[STAFF],
        "client_id": CLIENT_ID,
        "private_jwk": OUR_KEY.as_dict(private=True),
        "scope": "openid profile nationalrbacaccess",
        "people": "staff",
        "levels": {"AAL2": "medium", "AAL3": "high"},
        "userinfo": True,
        "staff": {
            "roles": "nhsid_nrbac_roles",
            "selected": "selected_roleid",
            "role_id": "person_roleid",
            "organisation": "org_code",
            "role": "role_code",
            "role_map": _ROLE_CODES,
        },
    }


def _patients(certified: Certified) -> dict[str, Any]:
    return {
        "slug": PATIENTS,
        "name": "Health Login",
        "issuer": certified.issuers[PATIENTS],
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "people": "patients",
        "level_claim": "vot",
        "level_asked_as": "vtr",
        "levels": {"P0.Cp": "low", "P5.Cp.Cd": "medium", "P9.Cp.Cd": "high"},
        "patient": {
            "nhs_number": "nhs_number",
            "proofing": "identity_proofing_level",
            "proofed": ["P9"],
        },
    }

"""Our authorization server, driven by a certified client that we did not write (openid-client).

One Node process plays every scenario of tests/peers/client.mjs against a server on each kind of
database; each scenario is a test here.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from joserfc.jwk import ECKey

from ledger.core.actor import Role
from tests.edge.asking import BACK, GRANTS, register
from tests.given import directory as given
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import serving
from tests.peers import node

pytestmark = pytest.mark.real_time

PROGRAM: Final = "client.mjs"
_ODS_CODE: Final = "PEER1"
PERSON: Final = "Ada Reader"
_NAMED: Final = re.compile(r"^scenarios\[(?:'([^']+)'|`([^`]+)`)\]", re.MULTILINE)
_SCOPES: Final = ("openid", "profile", "log:read")


def scenarios() -> list[str]:
    """The names of the scenarios, as the program has them."""
    source = (Path(node.__file__).parent / PROGRAM).read_text()
    source = source.replace("  scenarios[`", "scenarios[`")
    names = [plain or pattern for plain, pattern in _NAMED.findall(source)]
    return [
        one.replace("${name}", way)
        for one in names
        for way in (("basic", "post", "keyed", "public") if "${name}" in one else ("",))
    ]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def results(request: pytest.FixtureRequest) -> dict[str, str]:
    node.node()  # Skips here, before a server is started for nothing.
    new_database = request.getfixturevalue(f"{request.param}_databases")
    with serving(new_database()) as server:
        organisation_id = given.organisation(ods_code=_ODS_CODE)
        account(given.member(Role.AUDITOR, name=PERSON), "an.auditor")
        account(given.member(Role.STEWARD, at=organisation_id), "a.steward")
        about = {
            "issuer": server.url,
            "back": BACK,
            "person": PERSON,
            "who": {"username": "an.auditor", "password": PASSWORD},
            "steward": {"username": "a.steward", "password": PASSWORD},
            "organisation": _ODS_CODE,
            "clients": _clients(),
        }
        with node.running(PROGRAM, json.dumps(about)) as found:
            return found


def _clients() -> dict[str, dict[str, Any]]:
    key = ECKey.generate_key("P-256", parameters={"kid": "k1", "use": "sig", "alg": "ES256"})
    by_code: dict[str, Any] = {"grant_types": GRANTS, "redirect_uris": [BACK], "scopes": _SCOPES}
    keyed = {
        "auth_method": "private_key_jwt",
        "jwks": {"keys": [key.as_dict(private=False)]},
    }
    wanted: dict[str, dict[str, Any]] = {
        "basic": {**by_code, "post_logout_redirect_uris": [BACK]},
        "post": {**by_code, "auth_method": "client_secret_post"},
        "keyed": {**by_code, **keyed},
        "public": {**by_code, "auth_method": "none"},
        "service": {"scopes": ["log:read", "access:ask"]},
        "fapi": {
            **by_code, **keyed, "profile": "fapi2", "pushed_only": True, "dpop_only": True
        },
    }  # fmt: skip
    made = {}
    for name, how in wanted.items():
        client_id, secret = register(name=name, organisation_id=given.organisation(), **how)
        made[name] = {"id": str(client_id), "secret": secret, "jwk": key.as_dict(private=True)}
    return made


@pytest.mark.parametrize("scenario", scenarios())
def test_openid_client(results: dict[str, str], scenario: str) -> None:
    assert results[scenario] == "ok"


def test_every_scenario_is_a_test(results: dict[str, str]) -> None:
    assert sorted(results) == sorted(scenarios())

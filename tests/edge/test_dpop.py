"""Tokens that are bound to a key (RFC 9449), and everything that must not pass for holding it."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import requests
from hypothesis import given as of
from hypothesis import strategies as some
from joserfc import jws
from joserfc.jwk import ECKey

from ledger.edge.oauth import dpop
from tests.conftest import NOW
from tests.edge.asking import BACK, code, forged, register
from tests.edge.browsing import Browser
from tests.given import directory as given
from tests.given.identity import Program, bearer, program
from tests.journeys.conftest import Server

KEY = ECKey.generate_key("P-256")
OTHER = ECKey.generate_key("P-256")
NOW_S = int(NOW.timestamp())
_jti = count()


def nonce() -> str:
    return dpop.nonces(NOW.timestamp())[0]


def proof(
    url: str, *, key: Any = KEY, method: str = "POST", token: str = "", **changed: Any
) -> str:
    """A proof of *key*; what is changed to None is left out, ``header`` changes its header."""
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    header |= changed.pop("header", {})
    claims = {"htm": method, "htu": url, "iat": NOW_S, "jti": f"j{next(_jti)}", "nonce": nonce()}
    claims |= {"ath": dpop.hash_of(token)} if token else {}
    claims = {name: value for name, value in (claims | changed).items() if value is not None}
    algorithm = str(header["alg"])
    return jws.serialize_compact(header, json.dumps(claims), key, [algorithm])


def forged_proof(url: str, algorithm: str, secret: bytes | None = None) -> str:
    header = {"typ": "dpop+jwt", "alg": algorithm, "jwk": KEY.as_dict(private=False)}
    claims = {"htm": "POST", "htu": url, "iat": NOW_S, "jti": "forged", "nonce": nonce()}
    return forged(header, claims, secret)


@pytest.fixture
def asker(server: Server) -> Program:
    return program(given.organisation(), "access:ask", "log:read")


@pytest.fixture
def endpoint(server: Server) -> str:
    return f"{server.url}/oauth/token"


def ask(endpoint: str, asker: Program, shown: str | None) -> requests.Response:
    return requests.post(
        endpoint,
        data={"grant_type": "client_credentials"},
        auth=(asker.client_id, asker.secret),
        headers={"DPoP": shown} if shown else {},
        timeout=10,
    )


def bound(endpoint: str, asker: Program) -> str:
    answer = ask(endpoint, asker, proof(endpoint)).json()
    assert answer["token_type"] == "DPoP"
    text: str = answer["access_token"]
    return text


def test_a_proof_needs_the_nonce_of_the_answer(endpoint: str, asker: Program) -> None:
    for stale in ("yesterday's", None):
        refused = ask(endpoint, asker, proof(endpoint, nonce=stale))
        assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    first = ask(endpoint, asker, proof(endpoint, nonce=None))
    second = ask(endpoint, asker, proof(endpoint, nonce=first.headers["DPoP-Nonce"]))
    assert second.json()["token_type"] == "DPoP"
    before = dpop.nonces(NOW.timestamp())[1]
    third = ask(endpoint, asker, proof(endpoint, nonce=before))
    assert third.status_code == 200, "the nonce before is good for a while"
    assert third.headers["DPoP-Nonce"] == nonce()


def test_text_that_is_none_is_refused_and_not_tripped_over(endpoint: str, asker: Program) -> None:
    half = json.loads('"\\ud800"')
    answer = ask(endpoint, asker, proof(endpoint, nonce=half))
    assert (answer.status_code, answer.json()["error"]) == (400, "use_dpop_nonce")
    once = proof(endpoint, jti=half)
    assert ask(endpoint, asker, once).status_code == 200
    assert ask(endpoint, asker, once).status_code == 400


def bad_proofs(url: str) -> Iterator[tuple[str, str]]:
    yield "no JWT", "nonsense"
    yield "alg none", forged_proof(url, "none")
    yield "HS256 by the public key", forged_proof(url, "HS256", KEY.as_pem(private=False))
    yield "no signature", forged_proof(url, "ES256")
    yield "typ JWT", proof(url, header={"typ": "JWT"})
    yield "the private key in it", proof(url, header={"jwk": KEY.as_dict(private=True)})
    yield "signed by another key", proof(url, header={"jwk": OTHER.as_dict(private=False)})
    yield "a time that is none", proof(url, iat=float("nan"))
    yield "another method", proof(url, method="GET")
    yield "another address", proof(url + "/x")
    yield "another host", proof("https://elsewhere.example/oauth/token")
    yield "a user in the address", proof(url.replace("://", "://somebody@"))
    yield "no address", proof(url, htu=None)
    yield "too long ago", proof(url, iat=NOW_S - 61)
    yield "yet to come", proof(url, iat=NOW_S + 61)
    yield "iat in words", proof(url, iat="now")
    yield "no jti", proof(url, jti=None)
    yield "jti a number", proof(url, jti=7)
    yield "two proofs", f"{proof(url)}, {proof(url)}"


def test_proofs_that_prove_nothing(endpoint: str, asker: Program) -> None:
    for name, shown in bad_proofs(endpoint):
        answer = ask(endpoint, asker, shown)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof"), name
    once = proof(endpoint)
    assert ask(endpoint, asker, once).status_code == 200
    assert ask(endpoint, asker, once).json()["error"] == "invalid_dpop_proof"


def test_a_bound_token_works_for_its_key_alone(
    server: Server, endpoint: str, asker: Program
) -> None:
    token, url = bound(endpoint, asker), f"{server.url}/api/v1/log/entries"

    def get(scheme: str, shown: str | None, text: str = token) -> requests.Response:
        headers = {"Authorization": f"{scheme} {text}"} | ({"DPoP": shown} if shown else {})
        return requests.get(url + "?limit=1", headers=headers, timeout=10)

    def mine(**changed: Any) -> str:
        return proof(url, **{"method": "GET", "token": token, **changed})

    good = mine()
    assert get("DPoP", good).status_code == 403, "it is known; policy refuses it, not the edge"
    refused = {
        "replayed": get("DPoP", good),
        "as a bearer's": get("Bearer", None),
        "as a bearer's, with a proof": get("Bearer", mine()),
        "without a proof": get("DPoP", None),
        "another key": get("DPoP", mine(key=OTHER)),
        "another token's proof": get("DPoP", mine(token="another")),
        "no ath": get("DPoP", mine(ath=None)),
        "another method": get("DPoP", mine(method="POST")),
        "another address": get("DPoP", proof(f"{url}/x", method="GET", token=token)),
    }
    for name, answer in refused.items():
        assert answer.status_code == 401, name
        challenge = answer.headers["WWW-Authenticate"]
        assert challenge.startswith("DPoP algs="), name
        assert "resource_metadata=" in challenge, name
    stale = get("DPoP", mine(nonce=None))
    assert 'error="use_dpop_nonce"' in stale.headers["WWW-Authenticate"]
    assert stale.headers["DPoP-Nonce"] == nonce()

    plain = ask(endpoint, asker, None).json()
    assert plain["token_type"] == "Bearer"
    dressed_up = get("DPoP", mine(token=plain["access_token"]), plain["access_token"])
    assert dressed_up.status_code == 401, "a bearer's token is not bound by showing a proof"


def test_a_code_is_for_the_key_it_was_asked_for(
    server: Server, endpoint: str, signed_in: Browser, registered: tuple[str, str]
) -> None:
    def take(key: ECKey | None, **changed: str) -> requests.Response:
        one = code(signed_in, registered, prompt="consent", dpop_jkt=KEY.thumbprint(), **changed)
        form = {"grant_type": "authorization_code", "code": one, "redirect_uri": BACK}
        form["code_verifier"] = "v" * 43
        headers = {"DPoP": proof(endpoint, key=key)} if key else {}
        return requests.post(endpoint, data=form, auth=registered, headers=headers, timeout=10)

    for thief in (OTHER, None):
        assert take(thief).json()["error"] == "invalid_grant"
    assert take(KEY).json()["token_type"] == "DPoP"


def test_a_client_that_must_bind_its_tokens_gets_no_other(server: Server, endpoint: str) -> None:
    client_id, secret = register(
        name="Bound", organisation_id=given.organisation(), scopes=["access:ask"], dpop_only=True
    )
    asker = Program(str(client_id), secret or "")
    assert ask(endpoint, asker, None).json()["error"] == "invalid_request"
    token = bound(endpoint, asker)
    about = requests.post(
        f"{server.url}/oauth/introspect",
        data={"token": token},
        auth=(asker.client_id, asker.secret),
        timeout=10,
    ).json()
    assert (about["token_type"], about["cnf"]) == ("DPoP", {"jkt": KEY.thumbprint()})
    assert requests.get(
        f"{server.url}/api/v1/log/entries", headers=bearer(token), timeout=10
    ).status_code == 401  # fmt: skip


@of(path=some.text(some.characters(codec="ascii", categories=("L", "N")), max_size=12))
def test_addresses_are_compared_as_the_rfc_says(path: str) -> None:
    here = "https://ledger.example"
    for good in (f"{here}/{path}?x=1#y", f"{here}:443/{path}", f"HTTPS://LEDGER.example/{path}"):
        assert dpop.is_at(good, here, f"/{path}")
    for bad in (f"{here}/{path}/", f"{here}.evil/{path}", f"{here}:80/{path}", f"/{path}"):
        assert not dpop.is_at(bad, here, f"/{path}")

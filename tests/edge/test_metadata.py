"""The metadata is complete and true: everything it says is there, is there."""

from typing import Any

import pytest
import requests
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata

from ledger.edge.oauth import client_rules, resources
from ledger.edge.oauth.keys import keyrings
from tests.edge.asking import asked
from tests.edge.browsing import Browser, query
from tests.journeys.conftest import Server

ANSWERS = {
    "authorization_endpoint": {400},
    "end_session_endpoint": {200},
    "jwks_uri": {200},
    "token_endpoint": {400},
    "pushed_authorization_request_endpoint": {401},
    "introspection_endpoint": {401},
    "revocation_endpoint": {401},
    "registration_endpoint": {400},
    "userinfo_endpoint": {401},
    "service_documentation": {200},
}
"""What each address answers to somebody who shows nothing."""


@pytest.fixture
def metadata(server: Server) -> dict[str, Any]:
    documents = [
        requests.get(f"{server.url}/.well-known/{name}", timeout=10).json()
        for name in ("oauth-authorization-server", "openid-configuration")
    ]
    assert documents[0] == documents[1]
    found: dict[str, Any] = documents[0]
    return found


def test_every_address_is_there(server: Server, metadata: dict[str, Any]) -> None:
    addresses = {
        name: value
        for name, value in metadata.items()
        if name.endswith(("_endpoint", "_uri", "_documentation"))
    }
    assert addresses.keys() == ANSWERS.keys()
    for name, address in addresses.items():
        by_post = name.endswith("_endpoint") and name not in (
            "authorization_endpoint",
            "end_session_endpoint",
        )
        ask = requests.post if by_post else requests.get
        answer = ask(address, timeout=10, headers={"Accept": "text/html, */*"})
        assert answer.status_code in ANSWERS[name], name
        if by_post and name != "userinfo_endpoint":
            assert answer.json()["error"], name


def test_it_is_what_the_rfcs_say(metadata: dict[str, Any]) -> None:
    # Authlib insists on https, which a test has not got.
    secure = {
        name: value.replace("http://", "https://") if isinstance(value, str) else value
        for name, value in metadata.items()
    }
    AuthorizationServerMetadata(secure).validate()
    OpenIDProviderMetadata(secure).validate()


def test_what_it_lists_is_what_is_taken(
    server: Server, metadata: dict[str, Any], signed_in: Browser, registered: tuple[str, str]
) -> None:
    assert set(metadata["scopes_supported"]) == client_rules.SCOPES
    signing = {key.kid for key in keyrings().now().verifying}
    published = requests.get(metadata["jwks_uri"], timeout=10).json()["keys"]
    assert {key["kid"] for key in published} == signing
    for prompt in metadata["prompt_values_supported"]:
        there = signed_in.get(asked(registered, prompt=prompt), follow=False)
        error = query(there.headers.get("Location", "")).get("error")
        assert error in (None, "consent_required"), prompt
    for response_type in metadata["response_types_supported"]:
        page = signed_in.get(asked(registered, response_type=response_type), follow=False)
        assert page.status_code == 200
    for grant_type in metadata["grant_types_supported"]:
        answer = requests.post(
            metadata["token_endpoint"],
            data={"grant_type": grant_type},
            auth=registered,
            timeout=10,
        )
        assert answer.json()["error"] != "unsupported_grant_type", grant_type


def test_each_interface_says_where_tokens_come_from(
    server: Server, metadata: dict[str, Any]
) -> None:
    addresses = {f"{server.url}{path}": path for path in ("", *resources.INTERFACES)}
    assert set(metadata["protected_resources"]) == addresses.keys()
    for address, path in addresses.items():
        about = requests.get(
            f"{server.url}/.well-known/oauth-protected-resource{path}", timeout=10
        ).json()
        assert about["resource"] == address
        assert about["authorization_servers"] == [metadata["issuer"]]
        algorithms = metadata["dpop_signing_alg_values_supported"]
        assert about["dpop_signing_alg_values_supported"] == algorithms
    nowhere = requests.get(f"{server.url}/.well-known/oauth-protected-resource/x", timeout=10)
    assert nowhere.status_code == 404

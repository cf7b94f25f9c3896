"""What a program does to get tokens, and a person to let it."""

from base64 import urlsafe_b64encode
from hmac import digest
from typing import Any
from uuid import UUID

import orjson
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from ledger.core.work import unit_of_work
from ledger.edge import identity
from ledger.edge.oauth import clients, tokens
from tests.edge.browsing import Browser, query
from tests.given import directory as given
from tests.given.identity import bearer
from tests.journeys.conftest import Server

BACK = "https://program.example/back"
VERIFIER = "v" * 43
CHALLENGE = create_s256_code_challenge(VERIFIER)
GRANTS = ("authorization_code", "refresh_token")


def register(**wanted: Any) -> tuple[UUID, str | None]:
    with unit_of_work(given.SYSTEM) as work:
        return clients.register(work, **wanted)


def authlib_client(registered: tuple[str, str], **chosen: Any) -> OAuth2Session:
    client_id, secret = registered
    return OAuth2Session(
        client_id, secret, redirect_uri=BACK, code_challenge_method="S256", **chosen
    )


def allow(browser: Browser, address: str) -> str:
    """Go where a program sends the person, and let it. Returns the address they come back to."""
    page = browser.get(address)
    if page.is_redirect:
        return page.headers["Location"]
    return browser.send(page, follow=False, decision="allow").headers["Location"]


def asked(registered: tuple[str, str], **changed: str | None) -> str:
    """The address at which a program asks, with some of its parameters changed or left out."""
    parameters = {
        "client_id": registered[0],
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "log:read",
        "state": "s1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changed,
    }
    kept = {name: value for name, value in parameters.items() if value is not None}
    return requests.Request("GET", "http://x/oauth/authorize", params=kept).prepare().path_url


def code(browser: Browser, registered: tuple[str, str], **changed: str | None) -> str:
    return query(allow(browser, asked(registered, **changed)))["code"]


def exchange(
    server: Server, registered: tuple[str, str], code: str, **changed: Any
) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **changed,
    }
    return requests.post(f"{server.url}/oauth/token", data=form, auth=registered, timeout=10)


def is_good(server: Server, access_token: str) -> bool:
    try:
        with server.app.test_request_context("/api/v1/x", headers=bearer(access_token)):
            identity.identify()
    except tokens.InvalidToken:
        return False
    return True


def forged(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None = None) -> str:
    """A JWT that no library would make: under HMAC with any *secret*, or without a signature."""
    signed = f"{part(orjson.dumps(header))}.{part(orjson.dumps(claims))}"
    return f"{signed}.{part(digest(secret, signed.encode(), 'sha256')) if secret else ''}"


def part(plain: bytes) -> str:
    return urlsafe_b64encode(plain).decode().rstrip("=")

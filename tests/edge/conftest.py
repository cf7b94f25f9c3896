"""The service over HTTP, in threads of this process, on a database of either kind."""

from collections.abc import Iterator

import pytest

from ledger.core.actor import Role
from tests.databases import NewDatabase
from tests.edge.asking import BACK, GRANTS, register
from tests.edge.browsing import Browser
from tests.given import directory as given
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, serving


@pytest.fixture
def server(new_database: NewDatabase) -> Iterator[Server]:
    with serving(new_database()) as server:
        yield server


@pytest.fixture
def browser(server: Server) -> Browser:
    return Browser(server.url)


@pytest.fixture
def signed_in(server: Server, browser: Browser) -> Browser:
    account(given.member(Role.AUDITOR, name="Ada Reader"), "an.auditor")
    assert "Sign out" in browser.sign_in("an.auditor", PASSWORD).text
    return browser


@pytest.fixture
def registered(server: Server, signed_in: Browser) -> tuple[str, str]:
    client_id, secret = register(
        name="Reader",
        organisation_id=given.organisation(),
        scopes=["openid", "profile", "log:read", "log:export"],
        grant_types=GRANTS,
        redirect_uris=[BACK],
    )
    assert secret
    return str(client_id), secret

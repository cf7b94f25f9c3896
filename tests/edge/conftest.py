"""The service over HTTP, in threads of this process, on a database of either kind."""

from collections.abc import Iterator

import pytest

from tests.databases import NewDatabase
from tests.edge.browsing import Browser
from tests.journeys.conftest import Server, serving


@pytest.fixture
def server(new_database: NewDatabase) -> Iterator[Server]:
    with serving(new_database()) as server:
        yield server


@pytest.fixture
def browser(server: Server) -> Browser:
    return Browser(server.url)

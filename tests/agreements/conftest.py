"""Two parties, their signatories, and an agreement that is proposed to them."""

from uuid import UUID

import pytest
from flask import Flask

from ledger.core.actor import Actor
from tests.given import agreements as given
from tests.given.directory import organisation


@pytest.fixture
def trust(app: Flask) -> UUID:
    return organisation("Northside Demonstration Trust")


@pytest.fixture
def council(trust: UUID) -> UUID:
    return organisation("Eastvale Demonstration Council")


@pytest.fixture
def ann(trust: UUID) -> Actor:
    """The trust's signatory."""
    return given.signatory(at=trust)


@pytest.fixture
def bob(council: UUID) -> Actor:
    """The council's."""
    return given.signatory(at=council)


@pytest.fixture
def proposed(trust: UUID, council: UUID, ann: Actor) -> UUID:
    return given.proposed(given.terms(trust, council), by=ann)

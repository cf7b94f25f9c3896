"""A pool for every test, and clients that are signed in as somebody."""

import pytest
from sqlalchemy.orm import Session

from tests.directory.conftest import act_as
from tests.given.funding import GivenPool, pool

__all__ = ["act_as"]


@pytest.fixture
def given(session: Session) -> GivenPool:
    made = pool()
    session.rollback()
    return made

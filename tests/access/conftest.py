"""What the tests of decisions share with those of the trail."""

from tests.trail.conftest import client_of

__all__ = ["client_of"]

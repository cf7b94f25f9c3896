"""Clients that are signed in as somebody, without signing in: that is tried elsewhere."""

from tests.directory.conftest import act_as

__all__ = ["act_as"]

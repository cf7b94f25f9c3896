"""Ids: UUIDv7 (RFC 9562 section 5.7), so that new rows land at the end of every index."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh id. It tells when it was made, to the millisecond, and nothing else."""
    return uuid7()

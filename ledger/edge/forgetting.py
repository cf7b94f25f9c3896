"""Ending all that lets a person in: for a lost telephone, a leaver, and an erasure."""

from uuid import UUID

from ledger.edge import accounts, login, sessions
from ledger.edge.oauth import grants


def sign_out_everywhere(person_id: UUID) -> int:
    """End a person's sessions, and what they gave to programs. Returns how many sessions."""
    grants.revoke_all(person_id)
    return sessions.end_all(person_id)


def forget_sign_in(person_id: UUID) -> None:
    """Take away a person's account, links to providers, invitations, sessions and grants."""
    accounts.close(person_id)
    login.unlink(person_id)
    grants.revoke_all(person_id, forget=True)
    sessions.end_all(person_id)

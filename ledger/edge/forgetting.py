"""Ending all that lets a person in: for a lost telephone, a leaver, and an erasure."""

from uuid import UUID

from ledger.edge import accounts, notices, provider_links, recovery, session_list
from ledger.edge.oauth import grants


def sign_out_everywhere(person_id: UUID, *, but: UUID | None = None) -> int:
    """End a person's sessions, and what they gave to programs. Returns how many sessions.

    One session goes on, if *but* names it.
    """
    grants.revoke_all(person_id)
    return session_list.end_all(person_id, but=but)


def forget_sign_in(person_id: UUID) -> None:
    """Take away a person's account, links to providers, invitations, sessions and grants."""
    accounts.close(person_id)
    provider_links.unlink(person_id)
    recovery.forget(person_id)
    notices.forget(person_id)
    grants.revoke_all(person_id, forget=True)
    session_list.end_all(person_id)

"""Ending all that lets a person in: for a lost telephone, a leaver, and an erasure."""

from uuid import UUID

from sqlalchemy import event, update
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.directory.erasing import forgets
from ledger.edge import accounts, notices, provider_links, recovery, session_list
from ledger.edge.oauth import grants, tokens
from ledger.edge.oauth.models import Grant


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


@forgets("oauth_grants")
def end_grants(session: Session, person_id: UUID) -> None:
    """End what an erased person gave to programs; the row stays a day, so that tokens fail.

    Everything else at the edge that names them is deleted by `ledger.directory.erasing`.
    """
    theirs = update(Grant).where(Grant.person_id == person_id)
    session.execute(theirs.where(Grant.revoked_at.is_(None)).values(revoked_at=clock.now()))
    session.execute(theirs.values(authentication=None))
    revocations = tokens.revocations()
    event.listen(session, "after_commit", lambda _: revocations.changed(), once=True)

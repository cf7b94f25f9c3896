"""What a record that was begun anew came after: for an erasure, which must reach all of it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import privacy
from ledger.directory.identity import entries as facts
from ledger.directory.identity.models import RestrictedLink
from ledger.directory.identity.projection import link_hmac


def came_before(session: Session, patient_ids: Collection[UUID]) -> list[UUID]:
    """Return the closed records that these came after, so that erasing reaches them too."""
    found: list[UUID] = []
    wanted = list(patient_ids)
    while wanted:
        mine = [link_hmac(one) for one in wanted]
        links = select(RestrictedLink.entry_id).where(RestrictedLink.new_hmac.in_(mine))
        opened = privacy.opened(session, session.scalars(links).all())
        ends = (private.get(facts.LINK) for private in opened.values())
        wanted = [UUID(each["old_id"]) for each in ends if each]
        found += wanted
    return found

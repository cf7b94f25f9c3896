"""Whom it concerns that a patient shares less than before: the organisations they had named."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.consent.models import ConsentVersion
from ledger.consent.rules.lifecycle import Event
from ledger.consent.rules.model import Effect

SHARES_LESS = frozenset(
    {
        Event.NARROWED,
        Event.WITHDRAWN,
        Event.SUSPENDED,
        Event.PROXY_FROZEN,
        Event.SUPERSEDED,
        Event.INVALIDATED,
        Event.ENTERED_IN_ERROR,
    }
)
"""After these a yes shares less. Each is an entry ``consent.<event>``."""


def named_in(session: Session, consent_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return the organisations that any version of each yes named. A no concerns none of them.

    As they were named: another may stand in the place of one since.
    """
    row = ConsentVersion
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = session.execute(
        select(row.consent_id, row.parties).where(
            row.consent_id.in_(set(consent_ids)), row.base == Effect.PERMIT
        )
    )
    for consent_id, parties in rows:
        found[consent_id] |= set(map(UUID, parties))
    return {consent_id: frozenset(parties) for consent_id, parties in found.items()}

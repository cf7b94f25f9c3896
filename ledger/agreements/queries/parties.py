"""Who the parties are, for whoever tells them of changes."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.agreements.models import AgreementParty


def parties_of(session: Session, agreement_ids: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return for each agreement the organisations that may see it: its drafter, and its parties."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    wanted = AgreementParty.agreement_id.in_(set(agreement_ids))
    rows = select(AgreementParty.agreement_id, AgreementParty.organisation_id).where(wanted)
    for agreement_id, organisation_id in session.execute(rows):
        found[agreement_id].add(organisation_id)
    return {agreement_id: frozenset(ids) for agreement_id, ids in found.items()}

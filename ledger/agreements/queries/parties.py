"""Who the parties are, for whoever tells them of changes."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.agreements.models import AgreementParty


def parties_of(
    session: Session, agreement_ids: Iterable[UUID]
) -> dict[UUID, dict[UUID, date | None]]:
    """Return for each agreement the organisations that may see it: its drafter, and its parties.

    With the day from which each is no party any more; None: it has given no notice.
    """
    found: dict[UUID, dict[UUID, date | None]] = defaultdict(dict)
    rows = session.scalars(
        select(AgreementParty).where(AgreementParty.agreement_id.in_(set(agreement_ids)))
    )
    for row in rows:
        found[row.agreement_id][row.organisation_id] = row.leaves_on
    return dict(found)

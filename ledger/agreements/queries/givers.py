"""Who gives anything to an organisation, by any agreement that was ever in force."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.agreements.models import AgreementLine


def givers(session: Session, *, to_party: UUID) -> frozenset[UUID]:
    """Return the organisations whose data an agreement lets *to_party* have, or once did."""
    row = AgreementLine
    return frozenset(session.scalars(select(row.from_party).where(row.to_party == to_party)))

"""Which person an account at a provider is. The account itself is kept as a keyed digest."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, delete
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core import clock, privacy
from ledger.core.db import Operational
from ledger.edge.operational import changing, reading
from ledger.edge.providers import LOCAL, Provider


class ProviderLink(Operational):
    """One account at one provider, and whose it is."""

    __tablename__ = "provider_links"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    linked_at: Mapped[datetime]


def link(issuer: str, sub: str, person_id: UUID) -> None:
    """Let an account at a provider sign a person in. Takes the place of an earlier link."""
    with changing() as work:
        key = _key(issuer, sub)
        row = work.get(ProviderLink, key) or ProviderLink(key=key)
        row.person_id, row.linked_at = person_id, clock.now()
        work.add(row)


def unlink(person_id: UUID) -> None:
    """Let no account at a provider sign a person in any more."""
    with changing() as work:
        work.execute(delete(ProviderLink).where(ProviderLink.person_id == person_id))


def who(provider: Provider, sub: str) -> UUID | None:
    """Return the person whose account at *provider* is called *sub*, if anybody here has it."""
    if provider.slug == LOCAL:
        return UUID(sub)
    with reading() as work:
        found = work.get(ProviderLink, _key(provider.issuer, sub))
    return found.person_id if found else None


def _key(issuer: str, sub: str) -> bytes:
    return privacy.lookup_hmac("provider-account", f"{issuer}\n{sub}")

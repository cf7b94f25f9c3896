"""Tables of the agreements area. Only this package's own modules touch them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class Agreement(Projected):
    """What organisations agree on, over all its versions. Commands lock this row."""

    __tablename__ = "agreements"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(200))
    lead_id: Mapped[UUID | None]
    newest: Mapped[int]
    standing: Mapped[int | None]
    """The version that is signed and not ended."""
    open: Mapped[int | None]
    """The version that is being negotiated."""


class AgreementVersion(Projected):
    """One text, with its terms."""

    __tablename__ = "agreement_versions"
    __table_args__ = (Index("ix_agreement_versions_last_day", "state", "last_day"),)

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(16))
    drafter_id: Mapped[UUID]
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    labels: Mapped[list[Any]] = mapped_column(JSON)
    template: Mapped[dict[str, Any]] = mapped_column(JSON)
    document_sha256: Mapped[str] = mapped_column(String(64), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    """Inclusive; sooner than agreed if it ended before."""
    suspended_to: Mapped[date | None]
    review_on: Mapped[date | None] = mapped_column(index=True)
    base: Mapped[int | None]
    """The version in force when it was proposed."""
    asked: Mapped[list[Any] | None] = mapped_column(JSON)
    """Who must sign, and why; None while it is a draft, and where every party must."""
    drafted_at: Mapped[datetime]
    proposed_at: Mapped[datetime | None]
    activated_at: Mapped[datetime | None]


class AgreementParty(Projected):
    """An organisation that may see an agreement: its drafter, and who was ever a party."""

    __tablename__ = "agreement_parties"

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    through: Mapped[int]
    """The last version that was put to it, or that it drafted: later ones it does not see."""
    leaves_on: Mapped[date | None]
    return_due_on: Mapped[date | None]
    left_at: Mapped[datetime | None]
    """When it was recorded that its day had come."""


class AgreementSignature(Projected):
    """A party's signature. Names of people are in the private part of its entry."""

    __tablename__ = "agreement_signatures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["agreement_id", "version"],
            ["agreement_versions.agreement_id", "agreement_versions.number"],
            name="fk_agreement_signatures_version",
        ),
    )

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    signature_id: Mapped[UUID] = mapped_column(unique=True)
    entry_id: Mapped[UUID]
    person_id: Mapped[UUID]
    authority_id: Mapped[UUID]
    from_authority_id: Mapped[UUID | None]
    organisation: Mapped[str] = mapped_column(String(200))
    position: Mapped[str] = mapped_column(String(120))
    document_sha256: Mapped[str] = mapped_column(String(64))
    acr: Mapped[str | None] = mapped_column(String(120))
    auth_time: Mapped[datetime]
    signed_at: Mapped[datetime]
    key_id: Mapped[UUID | None]
    seal: Mapped[str | None] = mapped_column(Text)
    """A detached JWS over the digest, by the organisation's own key."""


class IssuedDocument(Projected):
    """That a PDF was issued, by its SHA-256. The file itself is not kept."""

    __tablename__ = "issued_documents"

    pdf_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"), index=True)
    version: Mapped[int]
    document_sha256: Mapped[str] = mapped_column(String(64))
    entry_id: Mapped[UUID]
    issued_at: Mapped[datetime]


class AgreementLine(Projected):
    """One category of one flow of one activated version: the index access asks."""

    __tablename__ = "agreement_lines"
    __table_args__ = (
        Index("ix_agreement_lines_flow", "from_party", "to_party", "category", "purpose"),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    flow: Mapped[str] = mapped_column(String(40), primary_key=True)
    category: Mapped[str] = mapped_column(String(32), primary_key=True)
    from_party: Mapped[UUID]
    to_party: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(String(64))
    clause: Mapped[str] = mapped_column(String(16))
    first_day: Mapped[date]
    last_day: Mapped[date]
    suspended_to: Mapped[date | None]


class AgreementLink(Projected):
    """A pooled fund and a data-sharing agreement that belong together."""

    __tablename__ = "agreement_links"

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    linked_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"), primary_key=True)


class SigningAuthority(Projected):
    """That a person may sign for an organisation, between two days."""

    __tablename__ = "signing_authorities"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    position: Mapped[str] = mapped_column(String(120))
    first_day: Mapped[date]
    last_day: Mapped[date | None]
    kinds: Mapped[list[str]] = mapped_column(JSON)
    limit_minor: Mapped[int | None] = mapped_column(BigInteger)
    from_authority_id: Mapped[UUID | None]
    ended_on: Mapped[date | None]


class AgreementObligation(Projected):
    """What an organisation must still do after it left or an agreement ended: destroy or return."""

    __tablename__ = "agreement_obligations"

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    due_on: Mapped[date] = mapped_column(index=True)
    overdue_at: Mapped[datetime | None]
    """When it was recorded that the day had passed."""
    certified_at: Mapped[datetime | None]
    disposal: Mapped[str | None] = mapped_column(String(16))
    certificate_sha256: Mapped[str | None] = mapped_column(String(64))
    entry_id: Mapped[UUID | None]


class AgreementReminder(Projected):
    """That a day which comes near was announced, once for each distance."""

    __tablename__ = "agreement_reminders"

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    matter: Mapped[str] = mapped_column(String(16), primary_key=True)
    days_before: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)


class OrganisationKey(Projected):
    """A public key by which an organisation itself seals what was signed for it."""

    __tablename__ = "organisation_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    algorithm: Mapped[str] = mapped_column(String(16))
    jwk: Mapped[str] = mapped_column(Text)
    thumbprint: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]
    ended_on: Mapped[date | None]


class AgreementsEpoch(Projected):
    """Counts the changes of what any agreement covers. One row, there from the start.

    Whoever keeps covers in memory compares *n*, and share-locks the row to be sure.
    """

    __tablename__ = "agreements_epoch"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger)

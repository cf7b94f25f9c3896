"""What the agreements area writes about duties: who may sign, who owes what, whose keys seal."""

from datetime import date
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.agreements.rules.leaving import Disposal
from ledger.agreements.rules.reminders import Matter
from ledger.agreements.rules.terms import Kind


@entry("agreement.signatory-appointed")
class SignatoryAppointedV1(Entry):
    """A person may sign for an organisation, between two days, whatever the amount."""

    authority_id: UUID
    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")
    position: str
    first_day: date
    last_day: date | None
    kinds: frozenset[Kind]
    from_authority_id: UUID | None


@entry("agreement.signatory-appointed", version=2)
class SignatoryAppointed(Entry):
    """A person may sign for an organisation, between two days.

    Attributes:
        kinds: What they may sign; empty for all kinds.
        limit_minor: The most money that the organisation may put in by one signature, in
            minor units; None for any amount.
        from_authority_id: The authority it was delegated from; None if it is original.
    """

    authority_id: UUID
    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")
    position: str
    first_day: date
    last_day: date | None
    kinds: frozenset[Kind]
    limit_minor: int | None
    from_authority_id: UUID | None


@entry("agreement.signatory-ended")
class SignatoryEnded(Entry):
    """Authority to sign was taken away, from a day on."""

    authority_id: UUID
    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")
    ended_on: date


@entry("agreement.obligations-arisen")
class AgreementObligationsArisen(Entry):
    """Organisations must destroy or return what they received, and certify it, by a day."""

    agreement_id: UUID = about("agreement")
    organisation_ids: tuple[UUID, ...] = about("organisation")
    due_on: date


@entry("agreement.obligation-certified")
class AgreementObligationCertified(Entry):
    """An organisation certified that it has destroyed or returned what it received.

    Attributes:
        certificate_sha256: Of the certificate, which is kept as a blob or by whoever certifies.
    """

    agreement_id: UUID = about("agreement")
    organisation_id: UUID = about("organisation")
    person_id: UUID = about("person")
    disposal: Disposal
    certificate_sha256: str
    words: str | None = private("words", of="person_id")


@entry("agreement.obligation-overdue")
class AgreementObligationOverdue(Entry):
    """The day by which an organisation had to certify has passed."""

    agreement_id: UUID = about("agreement")
    organisation_id: UUID = about("organisation")
    due_on: date


@entry("agreement.reminder-due")
class AgreementReminderDue(Entry):
    """A day of an agreement comes near: its parties are to be reminded, once.

    Attributes:
        days_before: Which of the agreed distances was reached.
        party_ids: Who is to be reminded.
    """

    agreement_id: UUID = about("agreement")
    number: int
    matter: Matter
    day: date
    days_before: int
    party_ids: tuple[UUID, ...] = about("organisation")


@entry("agreement.key-added")
class OrganisationKeyAdded(Entry):
    """An organisation named a public key by which it seals what is signed for it.

    Attributes:
        jwk: The public key (RFC 7517), as canonical JSON.
        thumbprint: Of it, by RFC 7638 with SHA-256.
    """

    key_id: UUID
    organisation_id: UUID = about("organisation")
    algorithm: str
    jwk: str
    thumbprint: str


@entry("agreement.key-ended")
class OrganisationKeyEnded(Entry):
    """A key seals nothing more from a day on. What it sealed stays sealed."""

    key_id: UUID
    organisation_id: UUID = about("organisation")
    ended_on: date


@entry("agreement.sealed")
class AgreementSealed(Entry):
    """An organisation's own key sealed the text that its signatory signed.

    Attributes:
        jws: Compact and detached (RFC 7515, appendix F) over the digest in hex.
    """

    signature_id: UUID
    agreement_id: UUID = about("agreement")
    number: int
    organisation_id: UUID = about("organisation")
    key_id: UUID
    document_sha256: str
    jws: str

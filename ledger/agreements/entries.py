"""What the agreements area writes to the audit log. Organisations are named, people never."""

from datetime import date, datetime
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.agreements.rules.affected import Asked
from ledger.agreements.rules.document import Label
from ledger.agreements.rules.leaving import Ground
from ledger.agreements.rules.template import TemplateRef
from ledger.agreements.rules.terms import Terms, TermsV1


@entry("agreement.drafted")
class AgreementDraftedV1(Entry):
    """There is a new draft: the first version of an agreement, or the next of one.

    Attributes:
        drafter_id: The organisation whose draft it is; others see it once proposed.
        document_sha256: Of the canonical text, kept as a blob.
        labels: What is known of each clause beside its words.
    """

    agreement_id: UUID = about("agreement")
    number: int
    drafter_id: UUID = about("organisation")
    terms: TermsV1
    template: TemplateRef
    document_sha256: str
    labels: tuple[Label, ...]


@entry("agreement.drafted", version=2)
class AgreementDrafted(Entry):
    """As version 1; the terms of a fund may say what follows an overspend."""

    agreement_id: UUID = about("agreement")
    number: int
    drafter_id: UUID = about("organisation")
    terms: Terms
    template: TemplateRef
    document_sha256: str
    labels: tuple[Label, ...]


@entry("agreement.redrafted")
class AgreementRedraftedV1(Entry):
    """A draft was replaced by another text and other terms."""

    agreement_id: UUID = about("agreement")
    number: int
    terms: TermsV1
    template: TemplateRef
    document_sha256: str
    labels: tuple[Label, ...]


@entry("agreement.redrafted", version=2)
class AgreementRedrafted(Entry):
    """As version 1; the terms of a fund may say what follows an overspend."""

    agreement_id: UUID = about("agreement")
    number: int
    terms: Terms
    template: TemplateRef
    document_sha256: str
    labels: tuple[Label, ...]


@entry("agreement.proposed")
class AgreementProposedV1(Entry):
    """A draft was put to its parties, who all sign. From here on its text never changes."""

    agreement_id: UUID = about("agreement")
    number: int
    document_sha256: str
    party_ids: tuple[UUID, ...] = about("organisation")


@entry("agreement.proposed", version=2)
class AgreementProposed(Entry):
    """A draft was put to its parties. From here on its text never changes.

    Attributes:
        base: The version in force, which goes on until this one takes its place; None if none.
        asked: Who must sign, and why; what binds the others goes on binding them.
        gap_days: Days between what it renews and its start, where its drafter meant that gap.
    """

    agreement_id: UUID = about("agreement")
    number: int
    document_sha256: str
    party_ids: tuple[UUID, ...] = about("organisation")
    base: int | None
    asked: tuple[Asked, ...]
    gap_days: int | None


@entry("agreement.signing-refused")
class AgreementSigningRefused(Entry):
    """Somebody of a party tried to sign, and was refused.

    Attributes:
        because: The slug of the problem that they were answered.
    """

    agreement_id: UUID = about("agreement")
    number: int
    organisation_id: UUID | None = about("organisation")
    person_id: UUID = about("person")
    because: str


@entry("agreement.signed")
class AgreementSigned(Entry):
    """A signatory bound an organisation to one text.

    Attributes:
        organisation: The name it had.
        from_authority_id: The authority behind it, where it was delegated.
        issuer, acr, amr, auth_time: How the signatory had signed in.
        signatory, statement: Their name as it was, and the words they agreed to.
        subject, session_id, token_id, user_agent: The rest of the evidence.
    """

    signature_id: UUID
    agreement_id: UUID = about("agreement")
    number: int
    document_sha256: str
    organisation_id: UUID = about("organisation")
    organisation: str
    person_id: UUID = about("person")
    authority_id: UUID
    from_authority_id: UUID | None
    position: str
    issuer: str
    acr: str | None
    amr: tuple[str, ...]
    auth_time: datetime
    signatory: str | None = private("evidence", of="person_id")
    statement: str | None = private("evidence", of="person_id")
    subject: str | None = private("evidence", of="person_id")
    session_id: str | None = private("evidence", of="person_id")
    token_id: str | None = private("evidence", of="person_id")
    user_agent: str | None = private("evidence", of="person_id")


@entry("agreement.document-issued")
class AgreementDocumentIssued(Entry):
    """A version left as a PDF that was not issued before: other signatures, or other names.

    Attributes:
        document_sha256: Of the canonical text, as signatures name it.
        pdf_sha256: Of the file, which is not kept: it names people.
    """

    agreement_id: UUID = about("agreement")
    number: int
    document_sha256: str
    pdf_sha256: str


@entry("agreement.declined")
class AgreementDeclined(Entry):
    """A party will not sign this version."""

    agreement_id: UUID = about("agreement")
    number: int
    organisation_id: UUID = about("organisation")
    person_id: UUID = about("person")
    words: str | None = private("words", of="person_id")


@entry("agreement.activated")
class AgreementActivated(Entry):
    """Everybody whom its mode asks has signed. It counts from its first day on."""

    agreement_id: UUID = about("agreement")
    number: int
    first_day: date
    last_day: date


@entry("agreement.acceded")
class AgreementAcceded(Entry):
    """A party signed what was in force between others, and is in from a day on."""

    agreement_id: UUID = about("agreement")
    number: int
    organisation_id: UUID = about("organisation")
    first_day: date


@entry("agreement.gap-noted")
class AgreementGapNoted(Entry):
    """Between an agreement and its renewal nothing was covered, on these days."""

    agreement_id: UUID = about("agreement")
    number: int
    renewed_id: UUID = about("agreement")
    first_day: date
    last_day: date


@entry("agreement.superseded")
class AgreementSuperseded(Entry):
    """A later version takes its place."""

    agreement_id: UUID = about("agreement")
    number: int
    by_number: int
    last_day: date


@entry("agreement.suspended")
class AgreementSuspended(Entry):
    """No data moves from the next decision on, until the end of a day."""

    agreement_id: UUID = about("agreement")
    number: int
    organisation_id: UUID = about("organisation")
    person_id: UUID = about("person")
    ground: Ground
    to: date
    words: str | None = private("words", of="person_id")


@entry("agreement.resumed")
class AgreementResumed(Entry):
    """A suspension is over: somebody ended it, or its last day has passed."""

    agreement_id: UUID = about("agreement")
    number: int


@entry("agreement.party-withdrawn")
class AgreementPartyWithdrawn(Entry):
    """A party gave notice.

    Attributes:
        leaves_on: The first day on which it is no party.
        last_day: Of the agreement, as it is after this: sooner if too few remain.
        return_due_on: By when it has destroyed or returned what it received.
    """

    agreement_id: UUID = about("agreement")
    number: int
    organisation_id: UUID = about("organisation")
    leaves_on: date
    last_day: date
    return_due_on: date


@entry("agreement.party-left")
class AgreementPartyLeft(Entry):
    """The day of a party's notice has come: it is no party any more."""

    agreement_id: UUID = about("agreement")
    organisation_id: UUID = about("organisation")
    left_on: date


@entry("agreement.dissolved")
class AgreementDissolved(Entry):
    """It is over sooner than agreed: too few parties remain, or the leading one has left."""

    agreement_id: UUID = about("agreement")
    number: int


@entry("agreement.terminated")
class AgreementTerminated(Entry):
    """A party ended it at once."""

    agreement_id: UUID = about("agreement")
    number: int
    organisation_id: UUID = about("organisation")
    person_id: UUID = about("person")
    ground: Ground
    last_day: date
    words: str | None = private("words", of="person_id")


@entry("agreement.expired")
class AgreementExpired(Entry):
    """Its last day has passed."""

    agreement_id: UUID = about("agreement")
    number: int


@entry("agreement.linked")
class AgreementLinked(Entry):
    """A pooled fund and a data-sharing agreement belong together. Neither hangs on the other."""

    agreement_id: UUID = about("agreement")
    linked_id: UUID = about("agreement")

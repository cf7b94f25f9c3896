"""What the consent area writes to the audit log.

Who is a patient is an opaque id. What exactly is shared and withheld says much about a
person ("not my HIV tests, not Dr X"), so the terms are private, as are anybody's words and
the evidence; kind, purposes, parties and days are what the parties must know.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.consent.rules.choices import Source
from ledger.consent.rules.lifecycle import Reason
from ledger.consent.rules.model import Capacity, Kind

TERMS, WORDS, EVIDENCE = "terms", "words", "evidence"
"""The private groups: what was agreed, in whose words, and how that can be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the person was shown, to the letter.

    Attributes:
        format: How: ``standard``, ``easy-read``, ``audio`` ...
        digest: SHA-256 of the text, which is kept as a blob.
    """

    id: str
    version: int
    language: str
    format: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Who said something, how we know, and about what.

    Attributes:
        category: With kind and agreement or controller: what a newer one replaces.
        controller: For a consent from elsewhere: who keeps it there.
        grantor: ``patient``, or the person who speaks for them.
        decided_at: When the person decided; it may be recorded much later.
    """

    kind: Kind
    category: str
    purposes: frozenset[str]
    controller: str | None
    grantor: str
    capacity: Capacity
    starts_at: datetime | None
    ends_at: datetime | None
    decided_at: datetime
    source: Source
    notice: Notice | None


@entry("consent.granted")
class ConsentGranted(Entry):
    """A patient, or who speaks for them, said yes.

    Attributes:
        parties: Who was named when it was given. Who joins later is not covered.
        terms: See `rules.spelling`.
    """

    consent_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID | None = about("agreement")
    parties: tuple[UUID, ...] = about("organisation")
    statement: Statement
    terms: str | None = private(TERMS, of="patient_id")
    words: str | None = private(WORDS, of="patient_id")
    evidence: bytes | None = private(EVIDENCE, of="patient_id")


@entry("consent.dissented")
class ConsentDissented(Entry):
    """A patient, or who speaks for them, said no, and it stands: nobody needs to ask again.

    The kind says which no: dissent, objection or opt-out.
    """

    consent_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID | None = about("agreement")
    parties: tuple[UUID, ...] = about("organisation")
    statement: Statement
    terms: str | None = private(TERMS, of="patient_id")
    words: str | None = private(WORDS, of="patient_id")
    evidence: bytes | None = private(EVIDENCE, of="patient_id")


@entry("consent.refused")
class ConsentRefused(Entry):
    """A patient answered no to what they were asked. Nothing is shared that was not before."""

    consent_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID | None = about("agreement")
    statement: Statement
    reason: Reason
    words: str | None = private(WORDS, of="patient_id")


@entry("consent.narrowed")
class ConsentNarrowed(Entry):
    """A patient shares less than before under the same consent, from now on."""

    consent_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID | None = about("agreement")
    number: int
    parties: tuple[UUID, ...] = about("organisation")
    statement: Statement
    reason: Reason
    terms: str | None = private(TERMS, of="patient_id")
    words: str | None = private(WORDS, of="patient_id")


@entry("consent.withdrawn")
class ConsentWithdrawn(Entry):
    """A patient took back what they said: from now on it counts no more.

    Attributes:
        source: How we know; a member of staff may write down what a patient says.
    """

    consent_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID | None = about("agreement")
    reason: Reason
    source: Source
    decided_at: datetime
    words: str | None = private(WORDS, of="patient_id")


@entry("consent.suspended")
class ConsentSuspended(Entry):
    """What was said counts no more until it is taken up again: re-validated."""

    consent_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID | None = about("agreement")
    reason: Reason
    source: Source
    decided_at: datetime
    words: str | None = private(WORDS, of="patient_id")


@entry("consent.superseded")
class ConsentSuperseded(Entry):
    """A newer consent stands in its place, and says so for good.

    Attributes:
        by_consent_id: The newer one.
    """

    consent_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID | None = about("agreement")
    by_consent_id: UUID
    reason: Reason
    source: Source
    decided_at: datetime
    words: str | None = private(WORDS, of="patient_id")


@entry("consent.invalidated")
class ConsentInvalidated(Entry):
    """It never was valid: somebody had no right to say it, or was pressed to."""

    consent_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID | None = about("agreement")
    reason: Reason
    source: Source
    decided_at: datetime
    words: str | None = private(WORDS, of="patient_id")


@entry("consent.entered-in-error")
class ConsentEnteredInError(Entry):
    """It was never said: another patient's, a duplicate, a slip."""

    consent_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID | None = about("agreement")
    reason: Reason
    source: Source
    decided_at: datetime
    words: str | None = private(WORDS, of="patient_id")


@entry("consent.re-validated")
class ConsentReValidated(Entry):
    """The person stands by what had been suspended or frozen: it counts again."""

    consent_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID | None = about("agreement")
    reason: Reason
    source: Source
    decided_at: datetime
    words: str | None = private(WORDS, of="patient_id")


@entry("consent.quarantined")
class ConsentQuarantined(Entry):
    """A consent came from elsewhere and is not enforced: a person must look at it.

    Attributes:
        doubts: For each a reason and the element it is about, in turn.
        evidence: The very bytes that came.
    """

    quarantine_id: UUID
    patient_id: UUID = about("patient")
    doubts: tuple[str, ...]
    media_type: str
    evidence: bytes | None = private(EVIDENCE, of="patient_id")


@entry("consent.quarantine-closed")
class QuarantineClosed(Entry):
    """A person looked at a quarantined consent and settled what becomes of it.

    Attributes:
        consent_id: What was recorded in its place, with the patient; None if nothing was.
    """

    quarantine_id: UUID
    patient_id: UUID = about("patient")
    consent_id: UUID | None
    words: str | None = private(WORDS, of="patient_id")

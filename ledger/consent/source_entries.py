"""What is written down about where a consent came from: its later versions, and what was asked."""

from uuid import UUID

from audit import Entry, about, entry, private
from ledger.consent.entries import EVIDENCE, WORDS


@entry("consent.source-kept")
class ConsentSourceKept(Entry):
    """The source of a consent sent what it says now: the very bytes of a later version.

    Attributes:
        number: Of the version of ours that was made from it.
    """

    consent_id: UUID
    patient_id: UUID = about("patient")
    number: int
    media_type: str
    evidence: bytes | None = private(EVIDENCE, of="patient_id")


@entry("consent.sender-asked")
class SenderAsked(Entry):
    """Somebody asked the sender of a quarantined consent what was meant; it still waits."""

    quarantine_id: UUID
    patient_id: UUID = about("patient")
    words: str | None = private(WORDS, of="patient_id")


@entry("consent.evidence-kept")
class ConsentEvidenceKept(Entry):
    """What shows that something was said, kept beside the entry that says so: a form, a recording.

    Attributes:
        shows: The entry whose evidence it is.
    """

    consent_id: UUID
    patient_id: UUID = about("patient")
    shows: UUID
    media_type: str
    evidence: bytes | None = private(EVIDENCE, of="patient_id")


@entry("consent.evidence-read")
class ConsentEvidenceRead(Entry):
    """Somebody read what shows that something was said.

    Attributes:
        shows: The entry whose evidence it is.
    """

    consent_id: UUID
    patient_id: UUID = about("patient")
    shows: UUID

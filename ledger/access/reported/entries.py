"""What is written down of a reported read: opaque ids; what names people is sealed."""

from datetime import datetime
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.access.reported.rules.reconciling import Finding

REPORTED, WORDS = "reported", "words"
"""The private groups: the event as it came, and what a reviewer found."""


@entry("access.read-reported", log="access")
class ReadReported(Entry):
    """A source system says that somebody read, or tried to read, something about a patient.

    Attributes:
        organisation_id: Whose system says so.
        source_key: See the package.
        person_id: Who read, where the source names them as we do.
        read_at: When, by the source's clock.
        decision_id: The decision it came of.
        event: The AuditEvent as it came, for the patient's key alone.
    """

    read_id: UUID
    patient_id: UUID = about("patient")
    organisation_id: UUID = about("organisation")
    source_key: str
    person_id: UUID | None
    read_at: datetime
    action: str
    purpose: str | None
    decision_id: UUID | None
    finding: Finding
    event: str | None = private(REPORTED, of="patient_id")


@entry("access.read-settled")
class ReadSettled(Entry):
    """A privacy officer looked at a read that was flagged, and settled what it was."""

    read_id: UUID
    patient_id: UUID = about("patient")
    justified: bool
    finding: str | None = private(WORDS, of="patient_id")

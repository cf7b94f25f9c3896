"""What the log keeps of putting right whose a consent is."""

from uuid import UUID

from audit import Entry, about, entry, private


@entry("consent.conflict-settled")
class ConflictSettled(Entry):
    """With the patient it was settled that they stand by a yes, whatever another record says."""

    consent_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID | None = about("agreement")
    words: str | None = private("words", of="patient_id")

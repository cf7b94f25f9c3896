"""What keeping and forgetting writes to the audit log. Reasons in words are private."""

from datetime import date
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.directory.retention.rules import Ground, HoldReason


@entry("directory.erased", version=2)
class Erased(Entry):
    """The key to a patient's or a person's data was destroyed, for ever.

    Attributes:
        person_id: Who was erased; with a patient, the one whose only link here was that.
        parts: How many private parts of entries can no longer be read.
        kept: How many the law wants kept; they are under a new key until their period is over.
        list_sha256: Names the blob that lists the commitments of the parts that are gone.
    """

    patient_id: UUID | None = about("patient")
    person_id: UUID | None = about("person")
    parts: int
    kept: int
    list_sha256: str


@entry("directory.erasure-asked")
class ErasureAsked(Entry):
    """A patient asked that what is kept about them is erased."""

    request_id: UUID
    patient_id: UUID = about("patient")
    words: str | None = private("words", of="patient_id")


@entry("directory.erasure-declined")
class ErasureDeclined(Entry):
    """A request to be erased was declined, on a ground in law."""

    request_id: UUID
    patient_id: UUID = about("patient")
    ground: Ground
    words: str | None = private("words", of="patient_id")


@entry("directory.erasure-refused")
class ErasureRefused(Entry):
    """Somebody tried to erase a patient or a person, and a hold stood against it."""

    patient_id: UUID | None = about("patient")
    person_id: UUID | None = about("person")
    hold_ids: tuple[UUID, ...]
    reasons: tuple[HoldReason, ...]


@entry("directory.hold-placed")
class HoldPlaced(Entry):
    """By a legal duty, nothing of this may be erased or disposed of until it is lifted.

    Attributes:
        subject_id: What is held, whichever of the ids below it is.
        review_on: When somebody should look whether the duty is over.
    """

    hold_id: UUID
    subject_id: UUID
    patient_id: UUID | None = about("patient")
    person_id: UUID | None = about("person")
    agreement_id: UUID | None = about("agreement")
    pool_id: UUID | None = about("pool")
    reason: HoldReason
    review_on: date | None
    words: str | None = private("words", of="subject_id")


@entry("directory.hold-lifted")
class HoldLifted(Entry):
    """A hold is over."""

    hold_id: UUID
    subject_id: UUID
    patient_id: UUID | None = about("patient")
    person_id: UUID | None = about("person")
    agreement_id: UUID | None = about("agreement")
    pool_id: UUID | None = about("pool")
    words: str | None = private("words", of="subject_id")


@entry("directory.disposal-proposed")
class DisposalProposed(Entry):
    """Somebody proposed to destroy private values whose period is over.

    Attributes:
        parts: How many private parts of entries.
        due_by: The day by which their period was over.
        list_sha256: Names the blob that lists their commitments.
    """

    disposal_id: UUID
    retention_class: str
    parts: int
    due_by: date
    list_sha256: str


@entry("directory.disposal-approved")
class DisposalApproved(Entry):
    """Somebody else approved a disposal, and the values are gone.

    Attributes:
        sealed_tables: The tables whose rows of these subjects went with them.
        patient_ids, person_ids: Whose values they were.
    """

    disposal_id: UUID
    retention_class: str
    parts: int
    list_sha256: str
    sealed_tables: tuple[str, ...]
    patient_ids: tuple[UUID, ...] = about("patient")
    person_ids: tuple[UUID, ...] = about("person")


@entry("directory.disposal-declined")
class DisposalDeclined(Entry):
    """Somebody else looked at a proposed disposal, and the values stay."""

    disposal_id: UUID
    retention_class: str

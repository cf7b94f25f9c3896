"""What the log keeps of possible breaches."""

from datetime import datetime
from uuid import UUID

from audit import Entry, about, entry, private


@entry("access.breach-suspected")
class BreachSuspectedV1(Entry):
    """Something may have been seen because a consent was recorded for the wrong patient.

    Attributes:
        patient_id: Whose data it was.
        organisation_id: Who has to find out what came of it.
        decisions: How many answers let somebody see something by that consent.
        list_sha256: Of the blob that names their entries, a line each.
        due_at: 72 hours after it came out.
    """

    breach_id: UUID
    patient_id: UUID = about("patient")
    organisation_id: UUID = about("organisation")
    consent_id: UUID
    decisions: int
    list_sha256: str
    due_at: datetime


@entry("access.breach-suspected", version=2)
class BreachSuspected(Entry):
    """Something may have been seen that nobody should have seen.

    As version 1, and:

    Attributes:
        consent_id: Of the consent recorded for the wrong patient; None where it is another cause:
            a complaint about a look was upheld.
    """

    breach_id: UUID
    patient_id: UUID = about("patient")
    organisation_id: UUID = about("organisation")
    consent_id: UUID | None
    decisions: int
    list_sha256: str
    due_at: datetime


@entry("access.breach-settled")
class BreachSettled(Entry):
    """Somebody found out what came of it.

    Attributes:
        notified: Whether the Information Commissioner was told.
    """

    breach_id: UUID
    patient_id: UUID = about("patient")
    notified: bool
    finding: str | None = private("finding", of="patient_id")

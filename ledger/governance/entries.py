"""What the governance area writes to the audit log."""

from datetime import date
from uuid import UUID

from audit import Entry, about, entry
from ledger.governance.rules import StakeholderClass


@entry("governance.body-established")
class BodyEstablished(Entry):
    """There is a new board or committee.

    Attributes:
        reference: What it may decide.
    """

    body_id: UUID = about("body")
    host_id: UUID = about("organisation")
    parent_id: UUID | None = about("body")
    name: str
    reference: str


@entry("governance.seat-created")
class SeatCreated(Entry):
    """A body has one seat more."""

    seat_id: UUID
    body_id: UUID = about("body")
    stakeholder: StakeholderClass
    title: str


@entry("governance.seat-filled")
class SeatAppointed(Entry):
    """A person holds a seat, from one day to another, both included."""

    term_id: UUID
    seat_id: UUID
    body_id: UUID = about("body")
    person_id: UUID = about("person")
    first_day: date
    last_day: date | None


@entry("governance.seat-vacated")
class SeatVacated(Entry):
    """A term ends sooner than it said."""

    term_id: UUID
    seat_id: UUID
    body_id: UUID = about("body")
    person_id: UUID = about("person")
    last_day: date

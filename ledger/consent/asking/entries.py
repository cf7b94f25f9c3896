"""What asking writes to the audit log. What exactly is asked for is private, as an answer is."""

from datetime import date
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.consent.asking.rules import Channel
from ledger.consent.entries import TERMS, Notice
from ledger.consent.rules.lifecycle import Reason
from ledger.consent.rules.model import Kind


@entry("consent.requested")
class ConsentRequested(Entry):
    """An organisation asks a patient. The consent is there, and shares nothing.

    Attributes:
        request_id: The same for all who are asked this at once.
        awaited_to: The last day for an answer, included.
        terms: What is asked for, see `ledger.consent.rules.spelling`.
    """

    consent_id: UUID
    request_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID = about("agreement")
    organisation_id: UUID = about("organisation")
    parties: tuple[UUID, ...]
    asks_for: Kind
    category: str
    purposes: frozenset[str]
    awaited_to: date
    reason: Reason
    terms: str | None = private(TERMS, of="patient_id")


@entry("consent.offered")
class ConsentOffered(Entry):
    """The patient is told that they are asked, and shown this notice."""

    consent_id: UUID
    request_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID = about("agreement")
    notice: Notice
    channel: Channel
    reason: Reason


@entry("consent.answer-reminded")
class AnswerReminded(Entry):
    """The patient is told once more, before the last day for an answer."""

    consent_id: UUID
    request_id: UUID
    patient_id: UUID = about("patient")


@entry("consent.lapsed")
class ConsentLapsed(Entry):
    """The last day for an answer passed. Nobody said no, and nothing is shared."""

    consent_id: UUID
    request_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID = about("agreement")
    reason: Reason

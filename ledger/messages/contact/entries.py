"""What is written of a safe contact: that one was chosen, and nothing of what it is."""

from enum import StrEnum
from uuid import UUID

from audit import Entry, about, entry, private

CONTACT = "contact"
"""The private group of where a patient wants to be told."""


class Where(StrEnum):
    """Where a patient is told. The value is kept: never rename one."""

    USUAL = "usual"
    ADDRESS = "address"
    ONLY_HERE = "only-here"


@entry("message.safe-contact-chosen")
class SafeContactChosen(Entry):
    """A patient chose where they are told what is about them.

    Attributes:
        address: Of e-mail; None unless they chose one.
    """

    patient_id: UUID = about("patient")
    where: Where | None = private(CONTACT, of="patient_id")
    address: str | None = private(CONTACT, of="patient_id")

"""What the audit log says of consents that others gave for a patient."""

from enum import StrEnum
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.consent.rules.lifecycle import Reason


class Ground(StrEnum):
    """On what ground a disagreement was settled. Never rename one."""

    ONE_HOLDER_SUFFICES = "one-holder-suffices"
    BEST_INTERESTS = "best-interests"
    IMCA = "imca"
    COURT = "court"
    AGREED = "agreed"


@entry("consent.proxy-frozen")
class ConsentProxyFrozen(Entry):
    """What a parent had agreed to counts no more until the young person takes it up as theirs."""

    consent_id: UUID
    patient_id: UUID = about("patient")
    agreement_id: UUID | None = about("agreement")
    reason: Reason


@entry("consent.disagreement-settled")
class DisagreementSettled(Entry):
    """A person settled what holds where those who speak for a patient disagree.

    Attributes:
        upheld: What goes on to count.
        set_aside: What does not, until somebody who may speak says it anew.
        words: Why.
    """

    patient_id: UUID = about("patient")
    upheld: tuple[UUID, ...]
    set_aside: tuple[UUID, ...]
    ground: Ground
    words: str | None = private("words", of="patient_id")

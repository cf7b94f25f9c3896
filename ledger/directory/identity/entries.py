"""What the log keeps of whose a record is. How it is known is private, and so is a new identity."""

from uuid import UUID

from audit import Entry, about, entry, private
from ledger.directory.identity.rules import Act, Ground, Outcome

EVIDENCE, LINK = "evidence", "link"
"""The private groups: how it is known, and what leads from an old record to a new one."""


@entry("directory.identity-proposed")
class IdentityProposed(Entry):
    """Somebody says that two records are one patient's, or that they are not after all.

    Attributes:
        surviving_id: The record that the number leads to from then on.
        evidence: How it is known; under the key of the superseded record.
    """

    proposal_id: UUID
    act: Act
    surviving_id: UUID = about("patient")
    superseded_id: UUID = about("patient")
    ground: Ground
    evidence: str | None = private(EVIDENCE, of="superseded_id")


@entry("directory.identity-declined")
class IdentityDeclined(Entry):
    """Somebody else looked at a proposal, and it is not so."""

    proposal_id: UUID
    surviving_id: UUID = about("patient")
    superseded_id: UUID = about("patient")


@entry("directory.records-joined")
class RecordsJoined(Entry):
    """Two people agree that two records are one patient's. Neither record is changed."""

    proposal_id: UUID
    surviving_id: UUID = about("patient")
    superseded_id: UUID = about("patient")


@entry("directory.records-separated")
class RecordsSeparated(Entry):
    """Two people agree that a join was wrong: it counts no more from now on."""

    proposal_id: UUID
    surviving_id: UUID = about("patient")
    superseded_id: UUID = about("patient")


@entry("directory.doubt-raised")
class DoubtRaised(Entry):
    """Somebody suspects that a record holds what is another's."""

    patient_id: UUID = about("patient")
    evidence: str | None = private(EVIDENCE, of="patient_id")


@entry("directory.doubt-settled")
class DoubtSettled(Entry):
    """It was found out whose the record is."""

    patient_id: UUID = about("patient")
    outcome: Outcome
    evidence: str | None = private(EVIDENCE, of="patient_id")


@entry("directory.record-closed")
class RecordClosed(Entry):
    """Nobody finds this record any more. It does not say why, nor what came after it."""

    patient_id: UUID = about("patient")


@entry("directory.link-sealed")
class LinkSealed(Entry):
    """Which record came after which is committed to, under a key that is only for that.

    About nobody: a search for either record does not find it.
    """

    link_id: UUID
    old_id: UUID | None = private(LINK, of="link_id")
    new_id: UUID | None = private(LINK, of="link_id")


@entry("directory.link-read")
class LinkRead(Entry):
    """Somebody with the right to it, and a reason, read a restricted link."""

    link_id: UUID
    reason: str | None = private(LINK, of="link_id")

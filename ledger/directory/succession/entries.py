"""What successions write to the audit log. All of it is public."""

from datetime import date
from uuid import UUID

from audit import Entry, about, entry
from ledger.directory.succession.rules import SetAsideReason, SuccessionKind


@entry("directory.organisation-succeeded")
class OrganisationSucceeded(Entry):
    """By an order, one organisation takes another's place from a day on.

    Attributes:
        predecessor_id: Whose place it is.
        successor_id: Who stands in it from *effective_on*.
        order: Title and number of the statutory order, or of the decision.
        roles_until_on: The last day of every role at the predecessor that had a later one.
    """

    predecessor_id: UUID = about("organisation")
    successor_id: UUID = about("organisation")
    succession: SuccessionKind
    effective_on: date
    order: str
    roles_until_on: date


@entry("directory.succession-set-aside")
class SuccessionSetAside(Entry):
    """A succession was recorded wrongly, or its order was revoked: it counts no more."""

    predecessor_id: UUID = about("organisation")
    successor_id: UUID = about("organisation")
    reason: SetAsideReason

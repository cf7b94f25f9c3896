"""What the messages area writes to the audit log. An address may hold a secret: never all of it."""

from enum import StrEnum
from uuid import UUID

from audit import Entry, about, entry
from ledger.core.projection import changes_nothing


class Why(StrEnum):
    """Why an endpoint is sent nothing. The value is logged: never rename one."""

    ASKED = "asked"
    """Somebody of the organisation paused it."""

    GONE = "gone"
    """It answered 410 Gone: it wants no more."""

    UNREACHABLE = "unreachable"
    """It took nothing for as long as is tried."""


@entry("message.endpoint-registered")
class EndpointRegistered(Entry):
    """A program of an organisation is told of changes.

    Attributes:
        host: Where; the whole address is kept where it is used.
        kinds: Kinds of entries, or areas, that it is told of; none: all that concern it.
    """

    endpoint_id: UUID
    organisation_id: UUID = about("organisation")
    host: str
    kinds: tuple[str, ...]


@entry("message.endpoint-changed")
class EndpointChanged(Entry):
    """An endpoint has another address, or is told of other kinds."""

    endpoint_id: UUID
    organisation_id: UUID = about("organisation")
    host: str
    kinds: tuple[str, ...]


@entry("message.endpoint-closed")
class EndpointClosed(Entry):
    """An endpoint is told nothing any more."""

    endpoint_id: UUID
    organisation_id: UUID = about("organisation")


@entry("message.endpoint-paused")
class EndpointPaused(Entry):
    """An endpoint is told nothing for now; what happens meanwhile waits for it."""

    endpoint_id: UUID
    organisation_id: UUID = about("organisation")
    why: Why


@entry("message.endpoint-resumed")
class EndpointResumed(Entry):
    """An endpoint is told again, from where it was."""

    endpoint_id: UUID
    organisation_id: UUID = about("organisation")


@entry("message.secret-rotated")
class SecretRotated(Entry):
    """An endpoint's messages are signed with a new secret; for a day with the old one too."""

    endpoint_id: UUID
    organisation_id: UUID = about("organisation")


@entry("message.acknowledged")
class Acknowledged(Entry):
    """An organisation says that it knows of something, and has acted on it.

    Attributes:
        entry_id: The entry that it was told of.
    """

    entry_id: UUID
    organisation_id: UUID = about("organisation")


@entry("message.acknowledgement-overdue")
class AcknowledgementOverdue(Entry):
    """An organisation has not said in time that it knows that a patient shares less with it.

    Attributes:
        entry_id: The entry that it was told of.
    """

    entry_id: UUID
    organisation_id: UUID = about("organisation")


changes_nothing(AcknowledgementOverdue, because="whoever is late has their alert from the log")

for _kind in (
    EndpointRegistered,
    EndpointChanged,
    EndpointClosed,
    EndpointPaused,
    EndpointResumed,
    SecretRotated,
):
    changes_nothing(_kind, because="endpoints are operational: their secrets are in no log")

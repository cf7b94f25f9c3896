"""What the core itself writes to the log: policies in force, refusals, readers of the trail."""

from datetime import datetime

from audit import Entry, entry
from ledger.core.projection import changes_nothing


@entry("policy.activated")
class PolicyActivated(Entry):
    """A ruleset came into force. Entries name it by its digest.

    Attributes:
        files: For each file its name and the SHA-256 of the blob that holds it, in turn.
    """

    digest: str
    files: tuple[str, ...]


@entry("authority.refused")
class AuthorityRefused(Entry):
    """A signed-in actor asked for something that the policy refuses them."""

    permission: str


@entry("trail.read")
class TrailRead(Entry):
    """Somebody searched the trail. The filter is kept as it was asked."""

    filters: tuple[str, ...]
    rows: int


@entry("trail.exported")
class TrailExported(Entry):
    """A bundle of entries left the service.

    Attributes:
        tree: Which log it is of.
        size: The size of the checkpoint that the bundle carries.
        recipient: For whom, as the exporter named them: an organisation or an office.
    """

    tree: str
    filters: tuple[str, ...]
    rows: int
    size: int
    until: datetime
    recipient: str


changes_nothing(PolicyActivated, because="the files are blobs, and the newest entry is the answer")
changes_nothing(AuthorityRefused, because="what was refused changed nothing")
changes_nothing(TrailRead, because="reading changes nothing; that it happened is the point")
changes_nothing(TrailExported, because="a copy left; what is here stays as it was")

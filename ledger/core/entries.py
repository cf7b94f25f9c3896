"""What the core itself writes to the log: policies in force, refusals, readers of the trail."""

from datetime import datetime
from uuid import UUID

from audit import Entry, about, entry, private
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
    """A bundle of entries left the service. Written until exports had other forms.

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


@entry("trail.exported", version=2)
class TrailExportedInForm(Entry):
    """Entries left the service, in one form or another.

    Attributes:
        form: ``bundle``, ``csv`` or ``jsonl``.
        tree: Which log, or shard of one, they are of.
        filters: By what they were chosen, as it was asked.
        rows: How many entries left.
        left_out: How many more of a subject's chain left as hashes only.
        size: Of that log, up to which they were taken.
        export_id: Names this export; the key of its private part is its own.
        recipient_id: The organisation that gets them, if it is one of ours.
        patient_id: Whose chain it was, if it was a patient's.
        recipient: For whom, in words.
    """

    form: str
    tree: str
    filters: tuple[str, ...]
    rows: int
    left_out: int
    size: int
    until: datetime
    export_id: UUID
    recipient_id: UUID | None
    patient_id: UUID | None = about("patient")
    recipient: str | None = private("recipient", of="export_id")


@entry("log.master-key-replaced")
class MasterKeyReplaced(Entry):
    """Every key of private data was put under another master key.

    Attributes:
        old_key, new_key: What names the two keys, and tells nothing of them.
        rows: How many rows were written anew.
    """

    old_key: str
    new_key: str
    rows: int


changes_nothing(MasterKeyReplaced, because="what is private reads as before")
changes_nothing(PolicyActivated, because="the files are blobs, and the newest entry is the answer")
changes_nothing(AuthorityRefused, because="what was refused changed nothing")
changes_nothing(TrailRead, because="reading changes nothing; that it happened is the point")
changes_nothing(TrailExported, because="a copy left; what is here stays as it was")
changes_nothing(TrailExportedInForm, because="a copy left; what is here stays as it was")

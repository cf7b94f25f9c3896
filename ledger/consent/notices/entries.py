"""What the library of notices writes to the audit log. Nothing here is about a person."""

from uuid import UUID

from audit import Entry, about, entry
from ledger.consent.notices.rules import Format


@entry("consent.notice-authored")
class NoticeAuthored(Entry):
    """A notice has a text more: another version, language or format.

    Attributes:
        number: Of the version.
        digest: SHA-256 of the text, which is kept as a blob.
    """

    organisation_id: UUID = about("organisation")
    notice_id: str
    number: int
    language: str
    format: Format
    title: str
    digest: str


@entry("consent.notice-retired")
class NoticeRetired(Entry):
    """A version of a notice is shown to nobody any more, in any language or format."""

    organisation_id: UUID = about("organisation")
    notice_id: str
    number: int

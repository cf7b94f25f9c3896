"""What the log keeps of somebody who lost their way to sign in: that it was given back, and how.

The codes and links themselves are kept where one signs in (`ledger.edge.recovery`).
"""

from enum import StrEnum
from uuid import UUID

from audit import Entry, about, entry
from ledger.core.projection import changes_nothing


class RecoveryMeans(StrEnum):
    """By what a sign-in was given back. Never rename one."""

    CODE = "code"
    """A one-time code that the person had kept."""

    LINK = "link"
    """A one-time link that somebody gave them."""


@entry("directory.recovery-issued")
class RecoveryIssued(Entry):
    """A one-time link to choose a password anew was made out to somebody who signs in already."""

    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")


@entry("directory.recovery-codes-made")
class RecoveryCodesMade(Entry):
    """A person has new recovery codes; earlier ones are good for nothing."""

    person_id: UUID = about("person")


@entry("directory.sign-in-recovered")
class SignInRecovered(Entry):
    """Somebody chose a password anew; their sessions and programs' leave ended with it."""

    person_id: UUID = about("person")
    means: RecoveryMeans


for _kind in (RecoveryIssued, RecoveryCodesMade, SignInRecovered):
    changes_nothing(_kind, because="how one signs in is kept where one signs in")

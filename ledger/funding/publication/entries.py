"""What is written when partners decide that everybody may see what a pool spent."""

from datetime import date
from uuid import UUID

from audit import Entry, about, entry


@entry("funding.spend-publication-asked")
class SpendPublicationAsked(Entry):
    """Somebody of one partner asked that the spending of some days be published."""

    pool_id: UUID = about("pool")
    publication_id: UUID
    first_day: date
    last_day: date
    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")


@entry("funding.spend-published")
class SpendPublished(Entry):
    """Somebody else, of another partner, agreed: everybody may see it, as it stood.

    Attributes:
        log_size: The figures are those of the log's first so many entries, for ever.
        floor: A line of fewer payments is not shown by itself.
    """

    pool_id: UUID = about("pool")
    publication_id: UUID
    log_size: int
    floor: int
    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")

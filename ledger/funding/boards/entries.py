"""What the log says about which board decides for a pool."""

from uuid import UUID

from audit import Entry, about, entry


@entry("funding.board-agreed")
class BoardAgreed(Entry):
    """A partner agrees that a body decides about a pool's budget by motions.

    It does once every partner has agreed to the same body, and until one agrees to another.
    """

    pool_id: UUID = about("pool")
    body_id: UUID = about("body")
    organisation_id: UUID = about("organisation")
    person_id: UUID = about("person")

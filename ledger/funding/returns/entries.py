"""What returns write to the log: impersonal, and the same for ever."""

from datetime import date, datetime
from uuid import UUID

from audit import Entry, about, entry
from ledger.funding.returns.rules.steps import ReturnKind, SendBack, Step


@entry("funding.return-opened")
class ReturnOpened(Entry):
    """A return was begun, by a form of a version.

    Attributes:
        number: Of the quarter, from 1; 0 for the year.
        return_version: Of the return about these days: 1, and more for each that amends it.
        year_first_day: From when its figures count.
        replaces: The signed return whose place it takes.
    """

    return_id: UUID
    pool_id: UUID = about("pool")
    form: str
    form_version: int
    return_kind: ReturnKind
    number: int
    return_version: int
    year_first_day: date
    first_day: date
    last_day: date
    due_on: date
    replaces: UUID | None


@entry("funding.return-answered")
class ReturnAnswered(Entry):
    """Somebody filled in a cell, or emptied it.

    Attributes:
        value: In its one spelling, see `return_values`; None: nothing stands there any more.
    """

    return_id: UUID
    pool_id: UUID = about("pool")
    cell: str
    value: str | None


@entry("funding.return-submitted")
class ReturnSubmitted(Entry):
    """A complete return was put to its signatories.

    Attributes:
        round: How often it was submitted by now.
        log_size: Everything in it is made from the log's first so many entries.
        digest: SHA-256 of its bytes, in hex.
        preparer_id: The human being who submitted it.
        partner_ids: Whose chiefs are asked to sign.
    """

    return_id: UUID
    pool_id: UUID = about("pool")
    round: int
    log_size: int
    digest: str
    preparer_id: UUID = about("person")
    partner_ids: tuple[UUID, ...] = about("organisation")


@entry("funding.return-signed")
class ReturnSigned(Entry):
    """Somebody signed a return for a partner.

    Attributes:
        digest: Of what they signed.
        acr, auth_time: How sure their sign-in was, and when.
    """

    return_id: UUID
    pool_id: UUID = about("pool")
    round: int
    step: Step
    digest: str
    organisation_id: UUID = about("organisation")
    person_id: UUID = about("person")
    acr: str | None
    auth_time: datetime


@entry("funding.return-passed-on")
class ReturnPassedOn(Entry):
    """Every signature of a step was given; those of the next are asked for."""

    return_id: UUID
    pool_id: UUID = about("pool")
    step: Step
    partner_ids: tuple[UUID, ...] = about("organisation")


@entry("funding.return-completed")
class ReturnCompleted(Entry):
    """Everybody has signed: this is the return for its days until another amends it."""

    return_id: UUID
    pool_id: UUID = about("pool")
    digest: str
    partner_ids: tuple[UUID, ...] = about("organisation")


@entry("funding.return-sent-back")
class ReturnSentBack(Entry):
    """A signatory wants something changed. What was signed in this round counts no more.

    Attributes:
        cells: Which cells they mean.
    """

    return_id: UUID
    pool_id: UUID = about("pool")
    round: int
    organisation_id: UUID = about("organisation")
    person_id: UUID = about("person")
    reason: SendBack
    cells: tuple[str, ...]


@entry("funding.return-withdrawn")
class ReturnWithdrawn(Entry):
    """A return that not everybody had signed was given up."""

    return_id: UUID
    pool_id: UUID = about("pool")


@entry("funding.return-reminded")
class ReturnReminded(Entry):
    """A return is due soon, or is overdue, whether it was begun or not.

    Attributes:
        overdue: It was to be there by `due_on`.
    """

    pool_id: UUID = about("pool")
    partner_ids: tuple[UUID, ...] = about("organisation")
    return_kind: ReturnKind
    first_day: date
    last_day: date
    due_on: date
    overdue: bool

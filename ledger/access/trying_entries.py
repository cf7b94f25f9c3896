"""What the access area writes about questions that decide nothing for anybody yet."""

from uuid import UUID

from audit import Entry, about, entry
from ledger.access.rules.words import Action, Outcome, Reason
from ledger.core.actor import Role
from ledger.core.projection import changes_nothing
from ledger.vocabulary.categories import Category


@entry("access.searched", log="access")
class AccessSearched(Entry):
    """Somebody asked who may see something, of whom, or how; one page of one search.

    Attributes:
        sought: What was asked for: subject, resource or action.
        patient_id: None if patients were sought, or there is no such patient.
        person_id: None if people were sought, or there is no such person.
        candidates: How many were judged for this page.
        found: How many were named in the answer.
        continued: It goes on from an earlier page.
    """

    sought: str
    patient_id: UUID | None = about("patient")
    person_id: UUID | None = about("person")
    organisation_id: UUID
    holder_id: UUID
    role: Role | None
    action: Action | None
    category: Category
    purpose: str
    confidentiality: str | None
    sensitivities: frozenset[str] | None
    candidates: int
    found: int
    continued: bool


@entry("access.rehearsed", log="access")
class AccessRehearsed(Entry):
    """Somebody asked what would be answered. Nobody was let in, and nothing was looked at."""

    patient_id: UUID | None = about("patient")
    person_id: UUID | None = about("person")
    organisation_id: UUID
    holder_id: UUID
    role: Role | None
    action: Action
    category: Category
    purpose: str
    outcome: Outcome
    told: Reason


@entry("access.tried-otherwise", log="access")
class AccessTriedOtherwiseV1(Entry):
    """Past decisions were judged by other rules, or as if an agreement were suspended.

    Attributes:
        ruleset: The digest of the rules that were tried.
        agreement_id: The agreement that was taken as suspended, if one was.
        decisions: How many were judged.
        gained, lost, changed: How many would be answered yes instead of no, the other way
            round, or with other obligations.
        unjudged: How many could not be rebuilt.
    """

    ruleset: str
    agreement_id: UUID | None
    decisions: int
    gained: int
    lost: int
    changed: int
    unjudged: int


@entry("access.tried-otherwise", version=2, log="access")
class AccessTriedOtherwise(Entry):
    """As version 1, or as if a version of an agreement had been in force.

    Attributes:
        supposed_id: The agreement of which a version was taken as in force, if one was.
        supposed_version: That version.
    """

    ruleset: str
    agreement_id: UUID | None
    supposed_id: UUID | None
    supposed_version: int | None
    decisions: int
    gained: int
    lost: int
    changed: int
    unjudged: int


changes_nothing(AccessSearched, because="asking changes nothing; that it was asked is kept")
changes_nothing(AccessRehearsed, because="it was a rehearsal")
changes_nothing(AccessTriedOtherwise, because="what was tried is not what holds")
changes_nothing(AccessTriedOtherwiseV1, because="what was tried is not what holds")

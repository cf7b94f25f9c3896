"""What may be joined, separated and doubted. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

from ledger.core.errors import Conflict, Invalid

EVIDENCE_MAX: Final = 2000


class Act(StrEnum):
    """What is proposed. The value is logged: never rename one."""

    JOIN = "join"
    SEPARATE = "separate"


class Ground(StrEnum):
    """How it came out. The value is logged: never rename one."""

    NUMBER_SUPERSEDED = "nhs-number-superseded"
    DUPLICATE_REGISTRATION = "duplicate-registration"
    PATIENT_SAYS = "patient-says"
    JOINED_BY_MISTAKE = "joined-by-mistake"
    TWO_PEOPLE = "two-people"


class Outcome(StrEnum):
    """What became of a doubt. The value is logged: never rename one."""

    ONE_PERSON = "one-person"
    PUT_RIGHT = "put-right"


GROUNDS: Final[Mapping[Act, frozenset[Ground]]] = {
    Act.JOIN: frozenset(
        {Ground.NUMBER_SUPERSEDED, Ground.DUPLICATE_REGISTRATION, Ground.PATIENT_SAYS}
    ),
    Act.SEPARATE: frozenset({Ground.JOINED_BY_MISTAKE, Ground.TWO_PEOPLE, Ground.PATIENT_SAYS}),
}


class JoinsItself(Invalid):
    """One record named as both."""

    slug = "record-joins-itself"
    title = "A record cannot be joined with itself"


class AlreadyOnePatient(Conflict):
    """A join of two that are joined, perhaps by others between them."""

    slug = "records-already-joined"
    title = "These records are one patient's already"


class NotJoined(Conflict):
    """A separation of two between which no join stands."""

    slug = "records-not-joined"
    title = "These records are not joined with one another"


class AlreadyProposed(Conflict):
    """One proposal about two records at a time."""

    slug = "identity-already-proposed"
    title = "Something is already proposed about these records"


class ProposalSettled(Conflict):
    """A proposal is confirmed or declined once."""

    slug = "identity-proposal-settled"
    title = "This proposal is settled"


class OwnProposal(Conflict):
    """The second pair of eyes has to be another's."""

    slug = "identity-own-proposal"
    title = "Somebody else has to confirm what you proposed"


class ByProgram(Invalid):
    """Programs propose nothing about who somebody is."""

    slug = "identity-by-program"
    title = "Only a person can say whose a record is"


class WrongGround(Invalid):
    """A ground for something else."""

    slug = "identity-wrong-ground"
    title = "This is no ground for that"


class NoEvidence(Invalid):
    """Nothing, or too much, said of how it is known."""

    slug = "identity-no-evidence"
    title = "Say how this is known"


class AlreadyInDoubt(Conflict):
    """One doubt about a record at a time."""

    slug = "record-already-in-doubt"
    title = "This record is in doubt already"


class NotInDoubt(Conflict):
    """Nothing to settle."""

    slug = "record-not-in-doubt"
    title = "Nobody doubts this record"


def checked_evidence(text: str) -> str:
    """Return how it is known. Raises `NoEvidence` if nothing is said, or more than may be."""
    tidy = text.strip()
    if not tidy or len(tidy) > EVIDENCE_MAX:
        raise NoEvidence(f"say in up to {EVIDENCE_MAX} letters what you looked at")
    return tidy


def check_ground(act: Act, ground: Ground) -> None:
    """Check that *ground* is one for *act*. Raises `WrongGround`."""
    if ground not in GROUNDS[act]:
        raise WrongGround("choose one of: " + ", ".join(sorted(GROUNDS[act])))


def roots(joins: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """Return for each record in *joins*, as (superseded, surviving), the root of its patient.

    Each is superseded once at most and never in a circle, which `joining` sees to.
    """
    after = dict(joins)
    found: dict[UUID, UUID] = {}
    for record in {*after, *after.values()}:
        root = record
        while root in after:
            root = after[root]
        found[record] = root
    return found


def by_root(joins: Iterable[tuple[UUID, UUID]]) -> dict[UUID, frozenset[UUID]]:
    """Return the records of each patient who has several, by the root."""
    groups: dict[UUID, set[UUID]] = defaultdict(set)
    for record, root in roots(joins).items():
        groups[root].add(record)
    return {root: frozenset(records) for root, records in groups.items()}

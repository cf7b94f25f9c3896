"""Several records of one patient: what was said in each, as one value. Pure.

Until a person has settled it, the safer wins. What was said in one record before the join never
replaces what was said in another: so a no in either stands. A yes that another record's no
speaks against is *in doubt*, and so is every yes of a record that somebody doubts. What is said
from the join on is said in all of them, and replaces what is older in each.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ledger.consent.rules.combining import is_replaced, said_no
from ledger.consent.rules.model import Effect, Version
from ledger.vocabulary import purposes


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """How a patient's records hang together.

    Attributes:
        since: From which place in the order what is said in the first of a pair of records is
            said in the second too.
        doubted: Records that somebody suspects to hold two people.
        settled: At which place in the order it was settled that a yes stands, by consent.
    """

    since: Mapping[tuple[UUID, UUID], int]
    doubted: Collection[UUID] = ()
    settled: Mapping[UUID, int]


def unite(
    subject: UUID, said: Mapping[UUID, Sequence[Version]], joined: Joined
) -> tuple[Version, ...]:
    """Return all that was *said*, by record, as what one *subject* has said."""
    return tuple(
        replace(
            version,
            subject=subject,
            records=frozenset({record} | _also_of(version, record, said, joined)),
            in_doubt=record in joined.doubted or conflicts(version, record, said, joined),
        )
        for record, versions in sorted(said.items())
        for version in versions
    )


def conflicts(
    version: Version, record: UUID, said: Mapping[UUID, Sequence[Version]], joined: Joined
) -> bool:
    """Say whether a no of another record speaks against a yes, and nobody has settled it."""
    if version.terms.base is not Effect.PERMIT:
        return False
    also = _also_of(version, record, said, joined)
    return any(
        not _settled(version, record, other, joined)
        and _spoken_against(version, record, other, said, joined)
        for other in said
        if other != record and other not in also
    )


def overlap(yes: Version, no: Version) -> bool:
    """Say whether a no may be about what a yes is about. Nothing said is everything."""
    if None not in (yes.agreement_id, no.agreement_id) and yes.agreement_id != no.agreement_id:
        return False
    ours, theirs = yes.terms.scope.purposes, no.terms.scope.purposes
    if not ours or not theirs:
        return True
    return any(
        purposes.is_a(one, other) or purposes.is_a(other, one) for one in ours for other in theirs
    )


def _spoken_against(
    yes: Version,
    record: UUID,
    other: UUID,
    said: Mapping[UUID, Sequence[Version]],
    joined: Joined,
) -> bool:
    theirs = said[other]
    return any(
        said_no(no)
        and record not in _also_of(no, other, said, joined)
        and overlap(yes, no)
        and not is_replaced(no.consent_id, theirs)
        for no in theirs
    )


def _also_of(
    version: Version, record: UUID, said: Mapping[UUID, Sequence[Version]], joined: Joined
) -> set[UUID]:
    """Return the other records in which this was said too, since they were one by then."""
    return {
        other
        for other in said
        if (record, other) in joined.since and version.order > joined.since[record, other]
    }


def _settled(yes: Version, record: UUID, other: UUID, joined: Joined) -> bool:
    at = joined.settled.get(yes.consent_id)
    return at is not None and at > joined.since.get((record, other), 0)

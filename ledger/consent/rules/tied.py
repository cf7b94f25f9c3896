"""A yes belongs to the agreement it was given under, and to no other."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from ledger.consent.rules.model import Version


def counting_under(
    versions: Sequence[Version], agreement_ids: Collection[UUID]
) -> Sequence[Version]:
    """Return *versions* as they count where these agreements, and no others, cover a request.

    A yes that was given under another agreement, or under one whose party has left, lets
    nobody in. It keeps its place: an older yes does not come back for that, and what the yes
    replaced stays replaced. A no counts under every agreement: a whole one, and what a yes
    leaves out, which the patient expressly withheld. So does what was tied to none.

    Args:
        versions: Of one patient, in any order. They come back as they are if all count.
        agreement_ids: Those in force that cover what is asked between holder and asker, both
            still party to them; none, if none does.
    """
    if all(_counts(version, agreement_ids) for version in versions):
        return versions
    return tuple(v if _counts(v, agreement_ids) else replace(v, lets_in=False) for v in versions)


def _counts(version: Version, agreement_ids: Collection[UUID]) -> bool:
    return version.agreement_id is None or version.agreement_id in agreement_ids

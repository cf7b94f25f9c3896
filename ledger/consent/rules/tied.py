"""A yes belongs to the agreement it was given under, and to no other."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final
from uuid import UUID

from ledger.consent.rules.model import Conditions, Effect, Version

_NOBODY: Final = Conditions(actors=frozenset({"nobody"}))
"""Matches no request: nobody is identified like this."""


def counting_under(
    versions: Iterable[Version], agreement_ids: Collection[UUID]
) -> tuple[Version, ...]:
    """Return *versions* as they count where these agreements, and no others, cover a request.

    A yes that was given under another agreement, or under one whose party has left, lets
    nobody in. It keeps its place: an older yes does not come back for that, and what the yes
    replaced stays replaced. A no counts under every agreement, as does what was tied to none.

    Args:
        versions: Of one patient, in any order.
        agreement_ids: Those in force that cover what is asked between holder and asker, both
            still party to them; none, if none does.
    """
    covered = frozenset(agreement_ids)
    return tuple(
        v if v.agreement_id is None or v.agreement_id in covered else _lets_nobody_in(v)
        for v in versions
    )


def _lets_nobody_in(version: Version) -> Version:
    """Return *version* without what it permits, at the root or by exceptions to a no."""
    terms = version.terms
    if terms.base is Effect.PERMIT:
        return replace(version, terms=replace(terms, scope=_NOBODY, exceptions=()))
    return replace(version, terms=replace(terms, exceptions=()))

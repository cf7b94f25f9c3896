"""Between whom a version is in force, given who is bound by it: what its mode says.

Bound are those that signed it, and those that an earlier version binds and whom nothing
in this one concerns (`affected`).
"""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from ledger.agreements.rules.document import Where
from ledger.agreements.rules.terms import Flow, Kind, Mode, Terms
from ledger.agreements.rules.topics import Topic
from ledger.core.errors import Fault

GROWS: Final = frozenset({Mode.PAIRWISE, Mode.HUB})
"""In force between some before all have signed; the others sign later, and then are in."""


def counts(terms: Terms, flow: Flow, *, bound: frozenset[UUID]) -> bool:
    """Say whether *flow* is in force once the organisations in *bound* are bound."""
    ends = frozenset({flow.from_party, flow.to_party})
    match terms.mode:
        case Mode.ALL | Mode.JOINDER:
            return terms.party_ids <= bound
        case Mode.PAIRWISE:
            return ends <= bound
        case Mode.HUB:
            return ends <= bound and terms.lead_id in ends


def is_complete(
    terms: Terms, *, bound: frozenset[UUID], awaited: frozenset[UUID] = frozenset()
) -> bool:
    """Say whether the signatures that bring a version into force are there.

    *awaited* are the parties that an amendment concerns and the version in force binds: it
    takes nobody's place before they have signed, whatever the mode.
    """
    if terms.mode not in GROWS:
        return terms.party_ids <= bound
    return awaited <= bound and any(counts(terms, flow, bound=bound) for flow in terms.flows)


def mode_faults(terms: Terms, where: Where) -> Iterator[Fault]:
    """Return what in the terms does not go with their mode."""
    if terms.kind is Kind.POOLED_FUND and terms.mode in GROWS:
        yield Fault(
            where.topic(Topic.SIGNING),
            f"a pooled fund cannot be {terms.mode}: money is between all who put it in",
        )
    if terms.mode is not Mode.HUB:
        return
    for flow in terms.flows:
        if terms.lead_id not in {flow.from_party, flow.to_party}:
            yield Fault(
                where.states(flow.key),
                f"flow {flow.key}: in a hub agreement every flow goes from or to the leading party",
            )

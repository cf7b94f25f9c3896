"""What stands beside an agreement: others that cover the same, and what it renews."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from ledger.agreements.rules.document import Where
from ledger.agreements.rules.terms import Kind, Terms
from ledger.agreements.rules.topics import Topic
from ledger.core.errors import Conflict, Fault
from ledger.vocabulary.categories import Category

_DAY = timedelta(days=1)


class Overlapping(Conflict):
    """Another agreement came into force for the same flows while this one was being signed."""

    slug = "agreement-overlaps"
    title = "Another agreement covers the same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One category of a flow that another agreement covers, on days that are both included."""

    agreement_id: UUID
    title: str
    from_party: UUID
    to_party: UUID
    purpose: str
    category: Category
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """An agreement that another renews, and its last day as it now is."""

    agreement_id: UUID
    title: str
    kind: Kind
    party_ids: frozenset[UUID]
    last_day: date


def overlap_faults(terms: Terms, taken: Iterable[Taken], where: Where) -> Iterator[Fault]:
    """Return a fault for each flow that another agreement covers on some of the same days.

    The same flow is one between the same two, for the same purpose, of some of the same
    categories. A purpose below another is another flow: the narrower text is quoted for it.
    """
    there = list(taken)
    for flow in terms.flows:
        clashes = [
            one
            for one in there
            if (one.from_party, one.to_party, one.purpose)
            == (flow.from_party, flow.to_party, flow.purpose)
            and one.category in flow.categories
            and one.first_day <= terms.ends_on
            and one.last_day >= terms.starts_on
        ]
        if clashes:
            other = max(clashes, key=lambda one: one.last_day)
            named = ", ".join(sorted({one.category.value for one in clashes}))
            yield Fault(
                where.states(flow.key),
                f"flow {flow.key}: “{other.title}” covers {named} between the same parties until "
                f"{other.last_day}: amend that, or start on {other.last_day + _DAY}",
            )


def renewal_faults(
    terms: Terms, renewed: Renewed | None, where: Where, *, accept_gap: bool
) -> Iterator[Fault]:
    """Return what is wrong with the day on which *terms* take over from what they renew."""
    if terms.renews_id is None:
        return
    clause = where.topic(Topic.COMMENCEMENT)
    if renewed is None or renewed.kind is not terms.kind:
        yield Fault(clause, "it renews nothing that was ever in force and is of its kind")
        return
    if not renewed.party_ids & terms.party_ids:
        yield Fault(clause, f"it shares no party with “{renewed.title}”, which it renews")
    if terms.starts_on <= renewed.last_day:
        yield Fault(
            clause,
            f"“{renewed.title}”, which it renews, goes on until {renewed.last_day}: start on "
            f"{renewed.last_day + _DAY}",
        )
    days = gap_days(terms.starts_on, renewed)
    if days and not accept_gap:
        yield Fault(
            clause,
            f"nothing would be covered for {days} days after {renewed.last_day}, when "
            f"“{renewed.title}” ends: start on {renewed.last_day + _DAY}, or say that this "
            "gap is meant",
        )


def gap_days(first_day: date, renewed: Renewed) -> int:
    """Return on how many days between the two nothing is covered."""
    return max(0, (first_day - renewed.last_day).days - 1)

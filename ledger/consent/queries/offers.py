"""What agreements in force let a patient choose about."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from ledger.agreements import queries as agreements
from ledger.agreements.queries import Held
from ledger.consent.rules.choices import Offer
from ledger.core.work import UnitOfWork
from ledger.vocabulary.categories import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class OnOffer:
    """One purpose of one agreement: who would get what."""

    agreement_id: UUID
    title: str
    purpose: str
    organisation_ids: frozenset[UUID]
    categories: frozenset[Category]


def offers(agreement: Held) -> tuple[Offer, ...]:
    """Return what an agreement lets a patient choose about, among those still party to it."""
    return tuple(
        Offer(
            purpose=flow.purpose,
            categories=flow.categories,
            organisation_ids=frozenset({flow.to_party}),
        )
        for _, flow in agreement.flows
        if {flow.from_party, flow.to_party} <= agreement.party_ids
    )


def on_offer(work: UnitOfWork) -> tuple[OnOffer, ...]:
    """Return everything that can be chosen about today; it stays so until *work* ends."""
    found = []
    for summary in agreements.register(work.session, on=work.today):
        agreement = agreements.hold(work, summary.id)
        if not agreement.in_force(work.today):
            continue
        by_purpose: dict[str, list[Offer]] = defaultdict(list)
        for offer in offers(agreement):
            by_purpose[offer.purpose].append(offer)
        found += [
            OnOffer(
                agreement_id=agreement.id,
                title=agreement.title,
                purpose=purpose,
                organisation_ids=frozenset[UUID]().union(*(o.organisation_ids for o in same)),
                categories=frozenset[Category]().union(*(o.categories for o in same)),
            )
            for purpose, same in sorted(by_purpose.items())
        ]
    return tuple(found)

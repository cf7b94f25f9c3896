"""What the funding area writes to the log.

There is one kind of entry for each event that posts. What they share is `Posts`: an event
is about its transaction, whose postings name the accounts that move. Entries of payment
models and of the year's end are in `payment_entries`; `posted` knows which event is which.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from audit import Entry, about, entry
from ledger.core.actor import Role
from ledger.funding.rules.controls import Voice
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Share, Transaction


@entry("funding.pool-opened")
class PoolOpened(Entry):
    """A pool was opened under a pooled-fund agreement.

    Attributes:
        partner_ids: In the order of the agreement, which settles the odd penny.
        data_agreement_id: The data-sharing agreement beside it: linked, never merged.
    """

    pool_id: UUID = about("pool")
    agreement_id: UUID = about("agreement")
    agreement_version: int
    title: str
    currency: str
    host_id: UUID = about("organisation")
    partner_ids: tuple[UUID, ...] = about("organisation")
    data_agreement_id: UUID | None = about("agreement")


@entry("funding.period-opened")
class PeriodOpened(Entry):
    """A pool may post to these days, the first and the last included."""

    pool_id: UUID = about("pool")
    period_id: UUID
    first_day: date
    last_day: date


@entry("funding.period-closed")
class PeriodClosed(Entry):
    """Nothing more is posted to the days of a period."""

    pool_id: UUID = about("pool")
    period_id: UUID


@entry("funding.scheme-added")
class SchemeAdded(Entry):
    """A pool has one scheme more.

    Attributes:
        rank: Where it stands among the pool's schemes, from 0.
        place: The place it serves, where schemes are divided by place.
        ring_fenced: Its budget may be used for nothing else.
    """

    pool_id: UUID = about("pool")
    scheme_id: UUID
    rank: int
    title: str
    place: str | None
    ring_fenced: bool


@entry("funding.provider-added")
class ProviderAdded(Entry):
    """A pool may owe to an organisation, and pay it."""

    pool_id: UUID = about("pool")
    provider_id: UUID = about("organisation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts(Entry):
    """What every entry of a transaction says. Not an entry itself.

    Attributes:
        organisation_ids: The partners and providers whose accounts move.
    """

    pool_id: UUID = about("pool")  # noqa: RUF009  # `about` declares a field
    agreement_id: UUID = about("agreement")  # noqa: RUF009
    organisation_ids: tuple[UUID, ...] = about("organisation")
    transaction: Transaction


@entry("funding.contribution-agreed")
class ContributionAgreed(Posts):
    """A contribution that the agreement names became budget."""


@entry("funding.instalment-fallen-due")
class InstalmentFallenDueV1(Posts):
    """A partner owes an instalment, as it was written before there were schedules."""


@entry("funding.contribution-received")
class ContributionReceived(Posts):
    """A partner's money arrived; the reference is the bank line."""


@entry("funding.reserve-set")
class ReserveSet(Posts):
    """Part of what was unallocated became the risk reserve."""


@entry("funding.reserve-released")
class ReserveReleased(Posts):
    """Part of the risk reserve went to a scheme, as every partner approved."""


@entry("funding.budget-allocated")
class BudgetAllocated(Posts):
    """Schemes were given budget; how it was divided is in the transaction's shares."""


@entry("funding.budget-vired")
class BudgetVired(Posts):
    """Budget moved from one scheme to another."""


@entry("funding.spending-committed")
class SpendingCommitted(Posts):
    """Spending was promised to a provider.

    Attributes:
        scheme_id: The scheme whose budget it uses.
        provider_id: To whom it is promised.
    """

    scheme_id: UUID
    provider_id: UUID


@entry("funding.commitment-released")
class CommitmentReleased(Posts):
    """Part of what was promised is no longer needed."""


@entry("funding.expenditure-accrued")
class ExpenditureAccruedV1(Posts):
    """Goods or services came and are owed for, as it was written before dimensions were.

    Attributes:
        overspent_minor: By how much the scheme is now beyond its budget, unauthorised; 0
            if it is not. Never a reason to refuse it, always one to tell.
    """

    overspent_minor: int


@entry("funding.payment-made")
class PaymentMade(Posts):
    """A provider was paid, as a second person approved."""


@entry("funding.overspend-authorised")
class OverspendAuthorised(Posts):
    """Every partner agreed that a scheme may spend beyond the pool's money."""


@entry("funding.overspend-shared")
class OverspendShared(Posts):
    """Partners took their shares of an authorised overspend."""


@entry("funding.transaction-reversed")
class TransactionReversed(Posts):
    """A transaction was undone by its exact negation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a proposal says of a commitment that it would make, beside its postings.

    Attributes:
        provider_id: To whom it is promised; None for a bundle, which has parts.
        episodes: Of a bundle.
    """

    scheme_id: UUID
    provider_id: UUID | None = None
    parts: tuple[Share, ...] = ()
    episodes: int | None = None


@entry("funding.transaction-proposed")
class TransactionProposedV1(Posts):
    """A proposal, as it was written before agreements had limits of approval."""

    maker_id: UUID = about("person")
    event: Event
    controlled_as: Event


@entry("funding.transaction-proposed", version=2)
class TransactionProposed(Posts):
    """Somebody prepared a transaction that waits for other people's approval: a proposal.

    Attributes:
        maker_id: The human being who prepared it, whichever account they used.
        controlled_as: The event whose rule of approval holds; a reversal has its original's.
        people: How many people must approve, by the agreement as it stood then.
        voice: For which organisations they speak.
        rank: As what they act, at least.
        promise: Of a commitment, what its postings do not say.
    """

    maker_id: UUID = about("person")
    event: Event
    controlled_as: Event
    people: int
    voice: Voice
    rank: Role
    promise: Promise | None = None


@entry("funding.proposal-approved")
class ProposalApprovedV1(Entry):
    """Somebody else approved it, as it was written before approvers had ranks."""

    pool_id: UUID = about("pool")
    transaction_id: UUID
    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")


@entry("funding.proposal-approved", version=2)
class ProposalApproved(Entry):
    """Somebody else approved it, for an organisation.

    Attributes:
        rank: The highest in which they acted.
    """

    pool_id: UUID = about("pool")
    transaction_id: UUID
    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")
    rank: Role


@entry("funding.proposal-dropped")
class ProposalDropped(Entry):
    """It will not be posted: the maker took it back, or somebody asked to approve it said no."""

    pool_id: UUID = about("pool")
    transaction_id: UUID
    person_id: UUID = about("person")
    reference: str | None

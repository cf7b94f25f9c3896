"""What is answered about pools: plain values, as lists of them are long."""

from typing import Any

from ledger.core.money import decimal_minor
from ledger.funding.queries.pools import CommitmentView, PoolView
from ledger.funding.queries.proposals import ProposalView
from ledger.funding.queries.transactions import TransactionView
from ledger.funding.rules.postings import Postings
from ledger.funding.rules.statement import Statement


def pool_out(pool: PoolView) -> dict[str, Any]:
    """Return a pool as a client sees it."""
    return {
        "id": str(pool.id),
        "title": pool.title,
        "agreement_id": str(pool.agreement_id),
        "data_agreement_id": pool.data_agreement_id and str(pool.data_agreement_id),
        "host_id": str(pool.host_id),
        "currency": pool.currency,
        "partner_ids": [str(one) for one in pool.partner_ids],
        "provider_ids": [str(one) for one in pool.provider_ids],
        "schemes": [
            {
                "id": str(one.id),
                "title": one.title,
                "place": one.place,
                "ring_fenced": one.ring_fenced,
            }
            for one in pool.schemes
        ],
        "periods": [
            {
                "id": str(one.id),
                "first_day": one.first_day.isoformat(),
                "last_day": one.last_day.isoformat(),
                "closed": one.closed_at is not None,
            }
            for one in pool.periods
        ],
    }


def transaction_out(one: TransactionView) -> dict[str, Any]:
    """Return a transaction as a client sees it, down to the balance after each posting."""
    return {
        "id": str(one.id),
        "entry_id": str(one.entry_id),
        "event": one.event,
        "effective_on": one.effective_on.isoformat(),
        "recorded_at": one.recorded_at.isoformat(),
        "agreement_version": one.agreement_version,
        "clause": one.clause,
        "reference": one.reference,
        "basis": one.basis,
        "commitment_id": one.commitment_id and str(one.commitment_id),
        "reverses": one.reverses and str(one.reverses),
        "reversed_by": one.reversed_by and str(one.reversed_by),
        "relates_to": one.relates_to and one.relates_to.isoformat(),
        "capital": one.capital,
        "vat": one.vat,
        "postings": [
            {**posting, "balance_after_minor": after}
            for posting, after in zip(postings_out(one.postings), one.after_minor, strict=True)
        ],
    }


def postings_out(postings: Postings) -> list[dict[str, Any]]:
    """Return postings as a client sees them."""
    return [
        {
            "book": one.account.head.book,
            "account": one.account.code,
            "amount_minor": one.amount_minor,
            "amount": decimal_minor(one.amount_minor),
            "source": one.source,
            "nature": one.nature,
        }
        for one in postings
    ]


def proposal_out(one: ProposalView) -> dict[str, Any]:
    """Return a proposal as a client sees it."""
    return {
        "transaction_id": str(one.transaction.transaction_id),
        "event": one.event,
        "state": one.state,
        "voice": one.control.voice,
        "people": one.control.people,
        "rank": one.control.rank,
        "maker_id": str(one.maker_id),
        "effective_on": one.transaction.effective_on.isoformat(),
        "reference": one.transaction.reference,
        "postings": postings_out(one.transaction.postings),
        "approvals": [
            {
                "person_id": str(each.person_id),
                "organisation_id": str(each.organisation_id),
                "rank": each.rank,
            }
            for each in one.approvals
        ],
    }


def commitment_out(one: CommitmentView) -> dict[str, Any]:
    """Return a commitment as a client sees it."""
    return {
        "id": str(one.id),
        "scheme_id": str(one.scheme_id),
        "provider_id": str(one.provider_id),
        "reference": one.reference,
        "committed_minor": one.state.committed_minor,
        "spent_minor": one.state.spent_minor,
        "released_minor": one.state.released_minor,
        "open_minor": one.state.open_minor,
    }


def statement_out(said: Statement, *, size: int | None) -> dict[str, Any]:
    """Return a statement as a client sees it; *size* is that of the log it was made from."""
    totals = [
        "agreed",
        "unallocated",
        "reserve",
        "available",
        "committed",
        "spent",
        "lapsed",
        "cash",
    ]
    return {
        "log_size": size,
        **{f"{name}_minor": getattr(said, f"{name}_minor") for name in totals},
        "partners": [
            {"partner_id": str(partner), **_columns(line)}
            for partner, line in said.partners.items()
        ],
        "partners_total": _columns(said.partners_total),
        "schemes": [
            {"scheme_id": str(scheme), **_columns(line)} for scheme, line in said.schemes.items()
        ],
        "providers": [
            {"provider_id": str(provider), "owed_minor": owed_minor}
            for provider, owed_minor in sorted(said.providers.items())
        ],
    }


def _columns(line: object) -> dict[str, int]:
    return {name: getattr(line, name) for name in line.__dataclass_fields__}  # type: ignore[attr-defined]

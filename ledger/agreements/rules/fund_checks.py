"""Whether the terms of a pooled fund can be run."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from ledger.agreements.rules.document import Where
from ledger.agreements.rules.fund import (
    DAYS_MAX,
    OVERSPENDS,
    Contribution,
    FundTerms,
    OverspendTerms,
    ShareBasis,
    ShareRule,
    step_faults,
)
from ledger.agreements.rules.terms import Terms
from ledger.agreements.rules.topics import Topic
from ledger.core.errors import Fault
from ledger.core.money import MINOR_MAX

_CURRENCY: Final = re.compile(r"[A-Z]{3}$")


def fund_faults(terms: Terms, where: Where) -> Iterator[Fault]:
    """Return what is wrong with a pooled fund, each fault at the clause that states it."""
    if terms.flows:
        yield Fault("flows", "data belongs in a data sharing agreement, linked to this one")
    if terms.fund is None:
        yield Fault(where.topic(Topic.HOST), "say who hosts the pool and who contributes what")
        return
    yield from _fund(terms.fund, terms, where)
    for contribution in terms.fund.contributions:
        for detail in _contribution(contribution, terms):
            yield Fault(where.states(contribution.key), detail)
    if terms.fund.overspends is not None:
        for detail in _overspends(terms.fund.overspends):
            yield Fault(where.states(OVERSPENDS), detail)
    yield from _shares(terms.fund, terms, where)


def _fund(fund: FundTerms, terms: Terms, where: Where) -> Iterator[Fault]:
    if fund.host_id not in terms.party_ids:
        yield Fault(where.topic(Topic.HOST), "the host is no party")
    if not _CURRENCY.match(fund.currency):
        yield Fault(where.topic(Topic.CONTRIBUTIONS), "name the currency by its ISO 4217 code")
    if not fund.contributions:
        yield Fault(where.topic(Topic.CONTRIBUTIONS), "no partner contributes anything")
    keys = [each.key for each in fund.contributions] + [each.key for each in fund.shares]
    keys += [OVERSPENDS] * (fund.overspends is not None)
    for key, times in Counter(keys).items():
        if times > 1:
            yield Fault(where.states(key), f"the key {key} is used twice: give each its own")
    for step in fund.approvals:
        if step.up_to_minor is not None and not 0 < step.up_to_minor <= MINOR_MAX:
            yield Fault(where.topic(Topic.SPENDING), "a limit of approval is more than nothing")
    for fault in step_faults(fund):
        yield Fault(where.topic(Topic.SPENDING), f"who approves: {fault.detail}")


def _contribution(each: Contribution, terms: Terms) -> Iterator[str]:
    if each.partner_id not in terms.party_ids:
        yield f"contribution {each.key} is of an organisation that is no party"
    if not 0 < each.amount_minor <= MINOR_MAX:
        yield f"contribution {each.key} is an amount of more than nothing"
    if each.last_day < each.first_day:
        yield f"contribution {each.key} ends before it starts"
    elif each.first_day < terms.starts_on or each.last_day > terms.ends_on:
        yield f"contribution {each.key} is for days outside the agreement"
    if not each.source.strip():
        yield f"contribution {each.key} names no funding source"


def _overspends(said: OverspendTerms) -> Iterator[str]:
    for days, what in ((said.notice_days, "say why"), (said.plan_days, "give a plan")):
        if not 0 < days <= DAYS_MAX:
            yield f"the days to {what} are from 1 to {DAYS_MAX}"
    if not 0 <= said.warning_percent <= 100:  # noqa: PLR2004  (per cent)
        yield "an early warning is raised from 0 to 100 per cent above the budget"


def _shares(fund: FundTerms, terms: Terms, where: Where) -> Iterator[Fault]:
    if not fund.shares:
        yield Fault(where.topic(Topic.SHARES), "say how what is over or short is shared")
    if sum(not each.schemes for each in fund.shares) > 1:
        yield Fault(where.topic(Topic.SHARES), "two rules are for every line: name the lines")
    for each in fund.shares:
        for detail in _share(each, terms):
            yield Fault(where.states(each.key), f"share {each.key}: {detail}")


def _share(each: ShareRule, terms: Terms) -> Iterator[str]:
    partners = [weight.partner_id for weight in each.weights]
    if each.basis is not ShareBasis.OWN_RISK and sum(w.weight for w in each.weights) <= 0:
        yield "its weights add up to nothing"
    if any(weight.weight < 0 for weight in each.weights):
        yield "a weight is negative"
    if len(set(partners)) < len(partners):
        yield "a partner has two weights"
    if not terms.party_ids.issuperset(partners):
        yield "it gives a weight to an organisation that is no party"
    if each.cap_minor is not None and each.cap_minor < 0:
        yield "its cap is negative"

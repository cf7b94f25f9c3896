"""What the five facts add up to: a table of every combination, made once from the policy.

Casbin says which combinations are allowed. From that alone follow the outcome, the reason
(by asking which single fact would have had to be otherwise) and what a stranger is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final, NamedTuple

from ledger.access.rules.words import (
    PERMITTING,
    Agreement,
    Alert,
    Consent,
    Outcome,
    Reason,
    Regime,
    Relationship,
    Standing,
)


class Facts(NamedTuple):
    """What a decision joins. A tuple, because it is the key of every look-up."""

    regime: Regime
    agreement: Agreement
    consent: Consent
    relationship: Relationship
    standing: Standing


@dataclass(frozen=True, slots=True)
class Verdict:
    """What facts add up to.

    Attributes:
        told: What a requester is told: the same, unless they are a stranger.
    """

    outcome: Outcome
    reason: Reason
    alerts: tuple[Alert, ...] = ()
    told: "Verdict | None" = None

    @property
    def permits(self) -> bool:
        """Say whether it lets anything through."""
        return self.outcome in PERMITTING


_DENIED: Final = {
    Consent.PERMIT: Outcome.DENY,
    Consent.RESIDUAL: Outcome.DENY,
    Consent.NONE: Outcome.DEFAULT_DENY,
    Consent.DENY: Outcome.DENY,
    Consent.UNLABELLED: Outcome.INDETERMINATE,
    Consent.INDETERMINATE: Outcome.INDETERMINATE,
    Consent.CONFLICT: Outcome.CONFLICT,
}
_PERMITTED: Final = {
    Consent.PERMIT: (Outcome.PERMIT, Reason.CONSENTED),
    Consent.RESIDUAL: (Outcome.PERMIT_RESIDUAL, Reason.CONSENTED_IN_PART),
    Consent.NONE: (Outcome.DEFAULT_PERMIT, Reason.IMPLIED_CARE),
}
"""Whatever is not here and permitted all the same goes on for the sake of care."""

_CONSENT_REASONS: Final = {
    Consent.DENY: Reason.REFUSED,
    Consent.CONFLICT: Reason.CONFLICT,
    Consent.UNLABELLED: Reason.LABELS_MISSING,
    Consent.INDETERMINATE: Reason.INDETERMINATE,
    Consent.NONE: Reason.NO_CONSENT,
}
_AGREEMENT_REASONS: Final = {
    Agreement.MISSING: Reason.AGREEMENT_MISSING,
    Agreement.LAPSED: Reason.AGREEMENT_LAPSED,
    Agreement.SUSPENDED: Reason.AGREEMENT_SUSPENDED,
}
_ABOUT_THE_ASKER: Final = frozenset(
    {
        Reason.SUSPENDED,
        Reason.NO_ROLE,
        Reason.ROLE_REACH,
        Reason.NO_OVERRIDE,
        *_AGREEMENT_REASONS.values(),
    }
)
"""Reasons that hold whoever the patient is: a stranger may hear them."""

NOT_AVAILABLE: Final = Verdict(Outcome.DENY, Reason.NOT_AVAILABLE)


def all_facts() -> Iterator[Facts]:
    """Return every combination of facts there is."""
    return (Facts(*words) for words in product(Regime, Agreement, Consent, Relationship, Standing))


def verdicts(allowed: frozenset[tuple[str, ...]]) -> Mapping[Facts, Verdict]:
    """Return the verdict on every combination of facts, given the *allowed* ones."""
    found: dict[Facts, Verdict] = {}
    for facts in all_facts():
        permitted = facts in allowed
        outcome, reason = _permit(facts) if permitted else _deny(facts, allowed)
        alerts = tuple(_alerts(facts)) if permitted else ()
        found[facts] = Verdict(outcome, reason, alerts)
    for facts, verdict in found.items():
        if not verdict.permits and facts.relationship is Relationship.NONE:
            found[facts] = Verdict(verdict.outcome, verdict.reason, (), _told(facts, found))
    return found


def role_verdict(reason: Reason, facts: Facts) -> Verdict:
    """Return the refusal of somebody whose roles do not reach, whatever the facts are."""
    outcome = _DENIED[facts.consent]
    told = Verdict(Outcome.DENY, reason) if facts.relationship is Relationship.NONE else None
    return Verdict(outcome, reason, (), told)


def _told(facts: Facts, found: Mapping[Facts, Verdict]) -> Verdict:
    """Return what is said to a stranger: what would be said if there were no such patient."""
    if facts.standing is Standing.RECUSED:
        return NOT_AVAILABLE
    blank = found[facts._replace(consent=Consent.NONE)]
    reason = blank.reason if blank.reason in _ABOUT_THE_ASKER else Reason.NOT_AVAILABLE
    return Verdict(Outcome.DENY, reason)


def _permit(facts: Facts) -> tuple[Outcome, Reason]:
    if facts.relationship is Relationship.OVERRIDE:
        return Outcome.PERMIT_BY_OVERRIDE, Reason.OVERRIDE
    outcome, reason = _PERMITTED.get(facts.consent, (Outcome.DEFAULT_PERMIT, Reason.CARE_GOES_ON))
    if reason is Reason.IMPLIED_CARE and facts.agreement in _AGREEMENT_REASONS:
        reason = Reason.CARE_GOES_ON
    return outcome, reason


def _deny(facts: Facts, allowed: frozenset[tuple[str, ...]]) -> tuple[Outcome, Reason]:
    """Blame the first fact that alone made the difference; else the first that is amiss."""
    outcome = _DENIED[facts.consent]
    amiss = list(_amiss(facts))
    for changed, reason in amiss:
        if changed in allowed:
            return outcome, reason
    return outcome, amiss[0][1] if amiss else Reason.NO_CONSENT


def _amiss(facts: Facts) -> Iterator[tuple[Facts, Reason]]:
    """Yield each fact that could be better: the facts with it mended, and the reason."""
    if facts.standing is not Standing.CLEAR:
        yield facts._replace(standing=Standing.CLEAR), Reason(facts.standing)
    if facts.consent in _CONSENT_REASONS and facts.consent is not Consent.NONE:
        yield facts._replace(consent=Consent.PERMIT), _CONSENT_REASONS[facts.consent]
    if facts.agreement in _AGREEMENT_REASONS:
        mended = facts._replace(agreement=Agreement.IN_FORCE)
        yield mended, _AGREEMENT_REASONS[facts.agreement]
    if facts.regime is Regime.BREAK_GLASS and facts.relationship is not Relationship.OVERRIDE:
        yield facts._replace(relationship=Relationship.OVERRIDE), Reason.NO_OVERRIDE
    elif facts.relationship is not Relationship.CARE:
        yield facts._replace(relationship=Relationship.CARE), Reason.NO_CARE_RELATIONSHIP
    if facts.consent is Consent.NONE:
        yield facts._replace(consent=Consent.PERMIT), Reason.NO_CONSENT


def _alerts(facts: Facts) -> Iterator[Alert]:
    if facts.agreement in _AGREEMENT_REASONS:
        yield Alert(_AGREEMENT_REASONS[facts.agreement])
    if facts.consent is Consent.INDETERMINATE:
        yield Alert.CONSENT_INDETERMINATE
    if facts.consent is Consent.CONFLICT:
        yield Alert.CONSENT_CONFLICT
    if facts.relationship is Relationship.DECLARED:
        yield Alert.DECLARED_RELATIONSHIP
    if facts.relationship is Relationship.OVERRIDE:
        yield Alert.OVERRIDE

"""What the six facts add up to: a table of every combination, made once from the policy.

Casbin says which combinations are allowed. From that alone follow the outcome, the reason
(by asking which single fact would have had to be otherwise) and what a stranger is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, NamedTuple

from ledger.access.rules.words import (
    OVERRIDDEN,
    PERMITTING,
    Agreement,
    Alert,
    Consent,
    Outcome,
    Reason,
    Regime,
    Register,
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
    register: Register = Register.UNASKED


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
_REGISTER_REASONS: Final = {
    Register.OPTED_OUT: Reason.OPTED_OUT,
    Register.STALE: Reason.REGISTER_STALE,
    Register.ABSENT: Reason.REGISTER_ABSENT,
}
_ABOUT_THE_ASKER: Final = frozenset(
    {
        Reason.SUSPENDED,
        Reason.NO_ROLE,
        Reason.ROLE_REACH,
        Reason.NO_OVERRIDE,
        Reason.PROHIBITED,
        *_AGREEMENT_REASONS.values(),
    }
)
"""Reasons that hold whoever the patient is: a stranger may hear them."""

NOT_AVAILABLE: Final = Verdict(Outcome.DENY, Reason.NOT_AVAILABLE)


def is_possible(words: Sequence[str]) -> bool:
    """Say whether these facts can be together: the register is asked under one regime only."""
    return (words[0] == Regime.OPT_OUT) == (words[5] != Register.UNASKED)


def all_facts() -> Iterator[Facts]:
    """Return every combination of facts there can be."""
    every = product(Regime, Agreement, Consent, Relationship, Standing, Register)
    return (Facts(*words) for words in every if is_possible(words))


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
    blank = found[_of_nobody(facts)]
    reason = blank.reason if blank.reason in _ABOUT_THE_ASKER else Reason.NOT_AVAILABLE
    return Verdict(Outcome.DENY, reason)


def _of_nobody(facts: Facts) -> Facts:
    """Return the facts as they would be if there were no such patient."""
    asked = facts.register not in {Register.UNASKED, Register.EXEMPT}
    register = Register.ABSENT if asked else facts.register
    return facts._replace(consent=Consent.NONE, register=register)


def _permit(facts: Facts) -> tuple[Outcome, Reason]:
    if facts.relationship in OVERRIDDEN and facts.regime is Regime.BREAK_GLASS:
        return Outcome.PERMIT_BY_OVERRIDE, Reason.OVERRIDE
    if facts.regime is Regime.STATUTORY_DUTY and facts.agreement is Agreement.IN_FORCE:
        return Outcome.DEFAULT_PERMIT, Reason.LEGAL_DUTY
    if facts.regime is Regime.OPT_OUT and facts.consent is Consent.NONE:
        exempt = facts.register is Register.EXEMPT
        return Outcome.DEFAULT_PERMIT, Reason.EXEMPT if exempt else Reason.NOT_OPTED_OUT
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
    if facts.regime is Regime.STATUTORY_PROHIBITION:
        yield facts, Reason.PROHIBITED
    if facts.consent in _CONSENT_REASONS and facts.consent is not Consent.NONE:
        yield facts._replace(consent=Consent.PERMIT), _CONSENT_REASONS[facts.consent]
    if facts.agreement in _AGREEMENT_REASONS:
        mended = facts._replace(agreement=Agreement.IN_FORCE)
        yield mended, _AGREEMENT_REASONS[facts.agreement]
    if facts.register in _REGISTER_REASONS:
        yield facts._replace(register=Register.CLEAR), _REGISTER_REASONS[facts.register]
    if facts.regime is Regime.BREAK_GLASS and facts.relationship not in OVERRIDDEN:
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
    if facts.relationship in OVERRIDDEN:
        yield Alert.OVERRIDE

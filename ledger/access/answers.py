"""A decision as the log keeps it, and as the requester reads it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from ledger.access.deciding import Decision
from ledger.access.entries import AccessDecided, Bearing, SawEverything
from ledger.access.residuals import residual
from ledger.access.rules.words import (
    AFTER_OVERRIDE,
    OVERRIDDEN,
    REASON_WORDS,
    Consent,
    Obligation,
    Outcome,
    Register,
    Relationship,
)
from ledger.access.ruleset import Ruleset
from ledger.agreements.rules.cover import Cover
from ledger.vocabulary import purposes

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A decision that is in the log."""

    decision: Decision
    entry_id: UUID
    ruleset: str

    @property
    def permits(self) -> bool:
        """Say whether anything may be seen."""
        return self.decision.verdict.permits


def as_entry(decision: Decision, rules: Ruleset, saw: SawEverything) -> AccessDecided:
    """Return what the log keeps of *decision*."""
    question, facts, cover = decision.question, decision.facts, decision.cover
    known = decision.known
    return AccessDecided(
        patient_id=None if known.roster is None else question.patient_id,
        person_id=None if known.person is None else question.person_id,
        organisation_id=question.organisation_id,
        holder_id=question.holder_id,
        stood_for=decision.stood_for,
        roles=decision.roles,
        role=question.role,
        action=question.action,
        category=question.category,
        purpose=question.purpose,
        others=tuple(sorted(question.others)),
        confidentiality=question.confidentiality,
        sensitivities=question.sensitivities if question.labelled else None,
        regime=decision.regime,
        agreement=facts.agreement,
        consent=facts.consent,
        relationship=facts.relationship,
        standing=facts.standing,
        register=facts.register,
        checked_at=None if known.register is None else known.register.checked_at,
        outcome=decision.verdict.outcome,
        reason=decision.verdict.reason,
        told=decision.told.reason,
        alerts=decision.verdict.alerts,
        agreement_id=None if cover is None else cover.agreement_id,
        agreement_version=None if cover is None else cover.version,
        clause=None if cover is None else cover.clause,
        stands_for=cover.stands_for if isinstance(cover, Cover) else (),
        consents=tuple(
            Bearing(
                consent_id=answer.consent_id,
                version=answer.number,
                path=answer.path,
                effect=answer.outcome,
            )
            for answer in decision.combined.answers
        ),
        lines=rules.lines(
            facts, decision.roles, question.category, purposes.family(question.purpose)
        ),
        override_id=known.override_id,
        saw=saw,
    )


def as_json(answered: Answered) -> dict[str, Json]:
    """Return what the requester is told: see ``docs/reference/authzen.md``."""
    decision = answered.decision
    told = decision.told
    return {
        "decision": answered.permits,
        "context": {
            "outcome": told.outcome,
            "reason_code": told.reason,
            "reason_user": {"en": REASON_WORDS[told.reason]},
            "obligations": obligations(decision),
            "regime": decision.regime,
            "as_of": as_of(answered),
            "entry_id": str(answered.entry_id),
        },
    }


def as_of(answered: Answered) -> dict[str, Json]:
    """Return the moment of an answer, its rules, and when the opt-out register was asked."""
    decision = answered.decision
    found: dict[str, Json] = {"t": _moment(decision.at), "ruleset": answered.ruleset}
    if decision.facts.register is not Register.UNASKED:
        copy = decision.known.register
        found["opt_outs_checked_at"] = None if copy is None else _moment(copy.checked_at)
    return found


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def obligations(decision: Decision) -> list[dict[str, Json]]:
    """Return what the enforcer must do."""
    found: list[dict[str, Json]] = []
    if decision.verdict.outcome is Outcome.PERMIT_RESIDUAL or _refused_in_part(decision):
        found.append({"code": Obligation.ENFORCE_RESIDUAL, "residual": residual(decision)})
        if decision.known.hidden:
            found.append({"code": Obligation.SAY_NOTHING})
    if decision.verdict.permits and decision.question.others:
        found.append({"code": Obligation.WITHHOLD_OTHERS})
    if decision.verdict.permits and decision.facts.relationship in OVERRIDDEN:
        found += [{"code": each} for each in AFTER_OVERRIDE]
    return found


def _refused_in_part(decision: Decision) -> bool:
    """Say whether the glass is broken and an emergency refusal of part of it stands."""
    facts = decision.facts
    alone = facts.relationship is Relationship.OVERRIDE
    return decision.verdict.permits and alone and facts.consent is Consent.RESIDUAL

"""A decision as the log keeps it, and as the requester reads it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from ledger.access.deciding import Decision
from ledger.access.entries import AccessDecided, Bearing, SawEverything
from ledger.access.rules.words import (
    AFTER_OVERRIDE,
    OVERRIDDEN,
    REASON_WORDS,
    Obligation,
    Outcome,
    Register,
)
from ledger.access.ruleset import Ruleset
from ledger.agreements.rules.cover import Cover
from ledger.consent.rules.evaluation import Branch, Residual
from ledger.consent.rules.model import Conditions, Period
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
    if decision.verdict.outcome is Outcome.PERMIT_RESIDUAL:
        found.append({"code": Obligation.ENFORCE_RESIDUAL, "residual": residual(decision)})
        if decision.known.hidden:
            found.append({"code": Obligation.SAY_NOTHING})
    if decision.verdict.permits and decision.question.others:
        found.append({"code": Obligation.WITHHOLD_OTHERS})
    if decision.verdict.permits and decision.facts.relationship in OVERRIDDEN:
        found += [{"code": each} for each in AFTER_OVERRIDE]
    return found


def residual(decision: Decision) -> dict[str, Json]:
    """Return what the enforcer must still work out, of every consent that leaves something.

    Every tree is applied; a deny of any beats a permit of any other.
    """
    trees = [a.residual for a in decision.combined.answers if a.residual is not None]
    return {
        "permits_otherwise": decision.permits_otherwise,
        "trees": [_tree(each) for each in trees],
    }


def _tree(tree: Residual) -> dict[str, Json]:
    return {
        "base": tree.base,
        "outside": tree.outside,
        "unlabelled_is_normal": tree.unlabelled_is_normal,
        "deny_needs_naming": tree.deny_needs_naming,
        "root": _branch(tree.root),
    }


def _branch(branch: Branch) -> dict[str, Json]:
    found: dict[str, Json] = {"conditions": _conditions(branch.conditions)}
    if not branch.sure:
        found["sure"] = False
    if branch.explicit:
        found["names_emergency"] = True
    if branch.children:
        found["exceptions"] = [_branch(child) for child in branch.children]
    return found


def _conditions(conditions: Conditions) -> dict[str, Json]:
    found: dict[str, Json] = {
        name: sorted(words)
        for name, words in (
            ("categories", conditions.categories),
            ("resource_types", conditions.resource_types),
            ("codes", conditions.codes),
            ("items", conditions.items),
            ("sensitivity", conditions.sensitivities),
        )
        if words
    }
    if conditions.confidentiality is not None:
        found["confidentiality"] = conditions.confidentiality
    if conditions.data_period is not None:
        found["data_period"] = _period(conditions.data_period)
    return found


def _period(period: Period) -> dict[str, str | None]:
    return {
        "start": None if period.starts_at is None else period.starts_at.isoformat(),
        "end": None if period.ends_at is None else period.ends_at.isoformat(),
    }

"""What is answered about overspends."""

from typing import Any

from ledger.funding.overspend.queries import OverspendView, ResolutionView, WarningView
from ledger.funding.overspend.waterfalls import Covering


def covering_out(one: Covering) -> dict[str, Any]:
    """Return who covers what, in order, and what nobody does."""
    said = one.said
    return {
        "scheme_id": str(one.scheme_id),
        "overspent_minor": said.overspent_minor,
        "steps": [
            {
                "step": draw.cover,
                "of": draw.of and str(draw.of),
                "amount_minor": draw.amount_minor,
                "clause": draw.clause,
            }
            for draw in said.draws
        ],
        "uncovered_minor": said.uncovered_minor,
        "capped": [
            {"partner_id": str(partner), "beyond_cap_minor": beyond_minor}
            for partner, beyond_minor in said.capped_minor.items()
        ],
        "ring_fenced_minor": said.fenced_minor,
        "cap_minor": one.rule.cap_minor if one.rule else None,
        "cap_lifted_to_minor": one.lifted_minor,
        "rule": one.rule.basis if one.rule else None,
        "no_rule_because": one.why_no_rule,
        "as_of": one.on.isoformat(),
        "log_size": one.size,
        "digest": one.digest,
    }


def overspend_out(one: OverspendView) -> dict[str, Any]:
    """Return an overspend as it stands."""
    plan = one.plan
    return {
        "scheme_id": str(one.scheme_id),
        "transaction_id": str(one.transaction_id),
        "state": one.state,
        "overspent_minor": one.overspent_minor,
        "effective_on": one.effective_on.isoformat(),
        "started_at": one.started_at.isoformat(),
        "ended_at": one.ended_at and one.ended_at.isoformat(),
        "noted_at": one.noted_at and one.noted_at.isoformat(),
        "notice_by": one.notice_by and one.notice_by.isoformat(),
        "plan_by": one.plan_by and one.plan_by.isoformat(),
        "explained_at": one.explained_at and one.explained_at.isoformat(),
        "cause": one.cause,
        "plan": plan
        and {
            "id": str(plan.id),
            "given_at": plan.given_at.isoformat(),
            "actions": [
                {
                    "what": action.what,
                    "organisation_id": str(action.organisation_id),
                    "by": action.by.isoformat(),
                }
                for action in plan.actions
            ],
            "accepted_by": sorted(str(each) for each in plan.accepted_by),
        },
        "resolution": one.resolution and resolution_out(one.resolution),
    }


def resolution_out(one: ResolutionView) -> dict[str, Any]:
    """Return how an overspend is being covered."""
    return {
        "id": str(one.id),
        "begun_at": one.begun_at.isoformat(),
        "overspent_minor": one.overspent_minor,
        "uncovered_minor": one.uncovered_minor,
        "steps": [
            {
                "step": each.step.cover,
                "of": each.step.of and str(each.step.of),
                "amount_minor": each.step.amount_minor,
                "clause": each.step.clause,
                "transaction_id": str(each.step.transaction_id),
                "standing": each.standing,
            }
            for each in one.steps
        ],
        "shares": [
            {
                "partner_id": str(each.of),
                "weight": str(each.weight),
                "amount_minor": each.amount_minor,
            }
            for each in one.shares
        ],
        "shares_posted": one.shares_posted,
    }


def warning_out(one: WarningView) -> dict[str, Any]:
    """Return an early warning."""
    return {
        "id": str(one.id),
        "scheme_id": str(one.scheme_id),
        "forecast_minor": one.forecast_minor,
        "budget_minor": one.budget_minor,
        "raised_at": one.raised_at.isoformat(),
        "cleared_at": one.cleared_at and one.cleared_at.isoformat(),
    }

"""Payment models and the year's end over HTTP: one address for each event."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from ledger.api import funding_model_schemas as wire
from ledger.api.funding_posting import dumped, post
from ledger.api.funding_schemas import AmountIn, OutcomeOut, PartnerAmountIn, ProviderAmountIn
from ledger.api.shell import Blueprint as Described
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done
from ledger.funding.rules.chart import Head
from ledger.funding.service import (
    brought_forward,
    bundles,
    capitation,
    credit_notes,
    instalments,
    money,
    outcomes,
    year_end,
)
from ledger.funding.service.posting import Outcome

blueprint = Blueprint("funding_models", __name__, url_prefix="/api/v1/pools/<uuid:pool_id>")


@blueprint.post("/capitation")
@Described.takes(wire.CapitationIn)
@Described.answers(201, wire.OutcomesOut)
@requires(Permission.POOL_SPEND)
def run_capitation(pool_id: UUID) -> ResponseReturnValue:
    """Pay providers by head for a month; a run of many is several transactions, or none."""
    return _several(wire.CapitationIn, capitation.run, pool_id)


@blueprint.post("/capitation/corrections")
@Described.takes(wire.RosterCorrectionIn)
@Described.answers(201, wire.OutcomesOut)
@requires(Permission.POOL_SPEND)
def correct_roster(pool_id: UUID) -> ResponseReturnValue:
    """Post the signed difference that a corrected roster makes, naming the months."""
    return _several(wire.RosterCorrectionIn, capitation.correct, pool_id)


@blueprint.post("/bonuses")
@Described.takes(wire.BonusIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_SPEND)
def award_bonus(pool_id: UUID) -> ResponseReturnValue:
    """Divide what is withheld from a provider by the part it earned."""
    return post(wire.BonusIn, outcomes.award_bonus, pool_id)


@blueprint.post("/bundles")
@Described.takes(wire.BundleIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_SPEND)
def start_bundle(pool_id: UUID) -> ResponseReturnValue:
    """Promise episodes at one price that several providers divide; counts only."""

    def command(work: UnitOfWork, **asked: Any) -> dict[str, Any]:
        bundle_id, outcome = bundles.start(work, pool_id, **asked)
        return {**dumped(outcome), "bundle_id": str(bundle_id)}

    return _answered(wire.BundleIn, command)


@blueprint.post("/bundles/<uuid:bundle_id>/done")
@Described.takes(wire.EpisodesIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_SPEND)
def finish_bundle(pool_id: UUID, bundle_id: UUID) -> ResponseReturnValue:
    """Record that episodes are over: each provider is owed its part."""
    return post(wire.EpisodesIn, bundles.done, pool_id, bundle_id=bundle_id)


@blueprint.post("/bundles/<uuid:bundle_id>/cancelled")
@Described.takes(wire.EpisodesIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_SPEND)
def cancel_bundle(pool_id: UUID, bundle_id: UUID) -> ResponseReturnValue:
    """Record that episodes will not take place."""
    return post(wire.EpisodesIn, bundles.cancel, pool_id, bundle_id=bundle_id)


@blueprint.post("/settlements")
@Described.takes(wire.SettlementIn)
@requires(Permission.POOL_SPEND)
def settle(pool_id: UUID) -> ResponseReturnValue:
    """Share a year's gain or loss: a shadow run posts nothing, a final one the difference."""

    def command(work: UnitOfWork, **asked: Any) -> dict[str, Any]:
        settlement_id, shares, outcome = outcomes.settle_year(work, pool_id, **asked)
        return {
            "settlement_id": str(settlement_id),
            "result_minor": sum(shares.values()),
            "shares": [
                {
                    "organisation_id": str(one),
                    "amount_minor": part,
                    "posted_minor": _posted(outcome, one),
                }
                for one, part in shares.items()
            ],
            **(dumped(outcome) if outcome else {}),
        }

    return _answered(wire.SettlementIn, command)


@blueprint.post("/credit-notes")
@Described.takes(wire.CreditIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_SPEND)
def credit_note(pool_id: UUID) -> ResponseReturnValue:
    """Record a provider's credit note; it may owe the pool afterwards."""
    return post(wire.CreditIn, credit_notes.credit_note, pool_id)


@blueprint.post("/claw-backs")
@Described.takes(wire.CreditIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_SPEND)
def claw_back(pool_id: UUID) -> ResponseReturnValue:
    """Propose to take back what a provider was owed or paid: a second person must approve."""
    return post(wire.CreditIn, credit_notes.claw_back, pool_id)


@blueprint.post("/refunds")
@Described.takes(ProviderAmountIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_SPEND)
def refund(pool_id: UUID) -> ResponseReturnValue:
    """Record that a provider paid back what it owes."""
    return post(ProviderAmountIn, credit_notes.refund, pool_id)


@blueprint.post("/repayments")
@Described.takes(PartnerAmountIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_SPEND)
def repay(pool_id: UUID) -> ResponseReturnValue:
    """Prepare a payment of what is owed back to a partner: somebody else must approve it."""
    return post(PartnerAmountIn, money.propose_repayment, pool_id)


@blueprint.post("/instalments/schedules")
@Described.takes(wire.ScheduleIn)
@requires(Permission.POOL_ALLOCATE)
def schedule(pool_id: UUID) -> ResponseReturnValue:
    """Set the days on which a contribution falls due, in equal parts to the penny."""
    asked = wire.ScheduleIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, instalments.schedule, pool_id, **asked)
    return "", 204


@blueprint.post("/instalments/due")
@Described.takes(wire.UntilIn)
@Described.answers(201, wire.OutcomesOut)
@requires(Permission.POOL_SPEND)
def bring_due(pool_id: UUID) -> ResponseReturnValue:
    """Record every scheduled instalment that has fallen due, each on its own day."""
    return _several(wire.UntilIn, instalments.bring_due, pool_id)


@blueprint.post("/periods/<uuid:period_id>/soft-closing")
@requires(Permission.POOL_OPEN)
def soft_close(pool_id: UUID, period_id: UUID) -> ResponseReturnValue:
    """Let a period take no new promises: it is only put right from now on."""
    with unit_of_work(current_actor()) as work:
        once_done(work, year_end.soft_close, pool_id, period_id)
    return "", 204


@blueprint.post("/periods/<uuid:period_id>/result")
@Described.takes(wire.ReferenceIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_OPEN)
def close_year(pool_id: UUID, period_id: UUID) -> ResponseReturnValue:
    """Turn a period's income and expenditure into its result."""
    return post(wire.ReferenceIn, year_end.close_year, pool_id, period_id=period_id)


@blueprint.post("/periods/<uuid:period_id>/carried-forward")
@Described.takes(wire.UnderspendIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def carry_forward(pool_id: UUID, period_id: UUID) -> ResponseReturnValue:
    """Keep part of the result in each partner's name, by the share rule."""
    return post(wire.UnderspendIn, year_end.carry_forward, pool_id, period_id=period_id)


@blueprint.post("/periods/<uuid:period_id>/returned")
@Described.takes(wire.UnderspendIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def return_underspend(pool_id: UUID, period_id: UUID) -> ResponseReturnValue:
    """Owe part of the result back to the partners, by the share rule."""
    return post(wire.UnderspendIn, year_end.return_underspend, pool_id, period_id=period_id)


@blueprint.post("/periods/<uuid:period_id>/drawn")
@Described.takes(wire.DrawIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def draw_fund(pool_id: UUID, period_id: UUID) -> ResponseReturnValue:
    """Make good a year that cost more than its income, from the partners' funds."""
    return post(wire.DrawIn, year_end.draw_fund, pool_id, period_id=period_id)


@blueprint.post("/periods/<uuid:period_id>/lapsed")
@Described.takes(wire.ReferenceIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_OPEN)
def lapse(pool_id: UUID, period_id: UUID) -> ResponseReturnValue:
    """Let what a closed year's budget has left lapse."""
    return post(wire.ReferenceIn, year_end.lapse, pool_id, period_id=period_id)


@blueprint.post("/brought-forward")
@Described.takes(AmountIn)
@Described.answers(201, OutcomeOut)
@requires(Permission.POOL_ALLOCATE)
def bring_forward(pool_id: UUID) -> ResponseReturnValue:
    """Make what was carried forward budget of the new year."""
    return post(AmountIn, brought_forward.bring_forward, pool_id)


def _posted(outcome: Outcome | None, party: UUID) -> int:
    """Return what this run posted for a party: of a final one, the difference."""
    moved = outcome.moved.items() if outcome else ()
    heads = (Head.PAYABLE, Head.RECEIVABLE)
    return sum(
        before - after for one, (before, after) in moved if one.of == party and one.head in heads
    )


def _several(
    schema: type[Schema], command: Callable[..., Sequence[Outcome]], pool_id: UUID
) -> ResponseReturnValue:
    def carry_out(work: UnitOfWork, **asked: Any) -> dict[str, Any]:
        return {"items": [dumped(one) for one in command(work, pool_id, **asked)]}

    return _answered(schema, carry_out)


def _answered(schema: type[Schema], command: Callable[..., dict[str, Any]]) -> ResponseReturnValue:
    asked = schema().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: command(work, **asked))
    return body, 201

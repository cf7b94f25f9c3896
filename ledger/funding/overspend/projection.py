"""What the entries about overspends change."""

from typing import Final

from sqlalchemy.orm import Session

from audit import Record
from audit.values import to_json
from ledger.core.projection import Opened, projects
from ledger.funding.overspend.entries import (
    ActionPlanAccepted,
    ActionPlanGiven,
    CapLiftAgreed,
    EarlyWarningCleared,
    EarlyWarningRaised,
    OverspendExplained,
    OverspendNoted,
    OverspendReminded,
    ResolutionBegun,
)
from ledger.funding.overspend.models import (
    ActionPlan,
    CapLift,
    EarlyWarning,
    OverspendClock,
    PlanAcceptance,
    Resolution,
)
from ledger.funding.overspend.rules.days import Duty

_COUNTED: Final = {Duty.NOTICE: "notice_reminders", Duty.PLAN: "plan_reminders"}


@projects(OverspendNoted)
def noted(session: Session, record: Record[OverspendNoted], _: Opened) -> None:
    """People are told; the days stay those of the first time."""
    entry = record.entry
    row = session.get(OverspendClock, (entry.scheme_id, entry.transaction_id))
    if row is not None:
        row.told_minor = entry.overspent_minor
        return
    session.add(
        OverspendClock(
            scheme_id=entry.scheme_id,
            transaction_id=entry.transaction_id,
            pool_id=entry.pool_id,
            told_minor=entry.overspent_minor,
            noted_at=record.at,
            notice_by=entry.notice_by,
            plan_by=entry.plan_by,
            notice_reminders=0,
            plan_reminders=0,
        )
    )


@projects(OverspendReminded)
def reminded(session: Session, record: Record[OverspendReminded], _: Opened) -> None:
    """Whoever must act was reminded once more."""
    entry = record.entry
    row = session.get_one(OverspendClock, (entry.scheme_id, entry.transaction_id))
    setattr(row, _COUNTED[entry.duty], 2 if entry.overdue else 1)


@projects(OverspendExplained)
def explained(session: Session, record: Record[OverspendExplained], _: Opened) -> None:
    """The partners know why."""
    entry = record.entry
    row = session.get_one(OverspendClock, (entry.scheme_id, entry.transaction_id))
    row.explained_at, row.cause = record.at, entry.cause


@projects(ActionPlanGiven)
def planned(session: Session, record: Record[ActionPlanGiven], _: Opened) -> None:
    """There is a plan more, and the newest counts."""
    entry = record.entry
    session.add(
        ActionPlan(
            id=entry.plan_id,
            pool_id=entry.pool_id,
            scheme_id=entry.scheme_id,
            transaction_id=entry.transaction_id,
            actions=[to_json(one) for one in entry.actions],
            given_at=record.at,
        )
    )


@projects(ActionPlanAccepted)
def accepted(session: Session, record: Record[ActionPlanAccepted], _: Opened) -> None:
    """A partner more accepts it."""
    entry = record.entry
    session.add(
        PlanAcceptance(
            plan_id=entry.plan_id,
            organisation_id=entry.organisation_id,
            person_id=entry.person_id,
            accepted_at=record.at,
        )
    )


@projects(CapLiftAgreed)
def lifted(session: Session, record: Record[CapLiftAgreed], _: Opened) -> None:
    """A finance chief agrees to a higher cap."""
    entry = record.entry
    session.add(
        CapLift(
            id=entry.lift_id,
            pool_id=entry.pool_id,
            scheme_id=entry.scheme_id,
            organisation_id=entry.organisation_id,
            person_id=entry.person_id,
            up_to_minor=entry.up_to_minor,
            entry_id=record.id,
            agreed_at=record.at,
        )
    )


@projects(ResolutionBegun)
def resolving(session: Session, record: Record[ResolutionBegun], _: Opened) -> None:
    """An overspend is being covered."""
    entry = record.entry
    session.add(
        Resolution(
            id=entry.resolution_id,
            pool_id=entry.pool_id,
            scheme_id=entry.scheme_id,
            overspent_minor=entry.overspent_minor,
            uncovered_minor=entry.uncovered_minor,
            steps=[to_json(one) for one in entry.steps],
            shares=[to_json(one) for one in entry.shares],
            shares_clause=entry.shares_clause,
            digest=entry.digest,
            begun_at=record.at,
        )
    )


@projects(EarlyWarningRaised)
def warned(session: Session, record: Record[EarlyWarningRaised], _: Opened) -> None:
    """A scheme is forecast to go beyond its budget."""
    entry = record.entry
    session.add(
        EarlyWarning(
            id=entry.warning_id,
            pool_id=entry.pool_id,
            scheme_id=entry.scheme_id,
            forecast_minor=entry.spent_minor + entry.committed_minor + entry.to_come_minor,
            budget_minor=entry.budget_minor,
            raised_at=record.at,
        )
    )


@projects(EarlyWarningCleared)
def cleared(session: Session, record: Record[EarlyWarningCleared], _: Opened) -> None:
    """It is not any more."""
    session.get_one(EarlyWarning, record.entry.warning_id).cleared_at = record.at

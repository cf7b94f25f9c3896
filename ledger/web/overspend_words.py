"""Overspends in words and figures. Plain values: templates decide nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final
from uuid import UUID

from markupsafe import Markup

from ledger.core.money import format_minor
from ledger.funding.overspend.queries import OverspendView, WarningView
from ledger.funding.overspend.rules.days import Cause, State
from ledger.funding.overspend.rules.waterfall import Cover
from ledger.funding.overspend.waterfalls import Covering
from ledger.funding.queries.pools import PoolView
from ledger.web.funding_lines import Money
from ledger.web.overspend_charts import Piece, stacked
from ledger.web.shell import day

Names = Mapping[UUID, str]

STATES: Final = MappingProxyType(
    {
        State.RUNNING: ("Running", "red"),
        State.PLAN_GIVEN: ("Plan given", "orange"),
        State.PLAN_ACCEPTED: ("Plan accepted", "blue"),
        State.RESOLVED: ("Resolved", "green"),
    }
)
CAUSES: Final = MappingProxyType(
    {
        Cause.DEMAND: "More people needed it than was planned",
        Cause.PRICE: "It cost more than was planned",
        Cause.LATE_INVOICE: "An invoice came that nobody had expected",
        Cause.MISTAKE: "Something was recorded or planned wrongly",
        Cause.OTHER: "Another reason, as the notice says",
    }
)
STANDING: Final = MappingProxyType(
    {
        "waiting": ("Waits for approval", "orange"),
        "posted": ("Done", "green"),
        "dropped": ("Dropped", "grey"),
    }
)
_STEPS: Final = MappingProxyType(
    {
        Cover.UNALLOCATED: "Money of the pool that no scheme was given",
        Cover.UNDERSPEND: "What {} is not going to need",
        Cover.RESERVE: "The risk reserve",
        Cover.UNCOMMITTED: "What {} has not promised to anybody",
        Cover.SHARE: "Paid by {}",
    }
)
_KINDS: Final = MappingProxyType(
    {
        Cover.UNALLOCATED: "cl-fall--pool",
        Cover.UNDERSPEND: "cl-fall--pool",
        Cover.RESERVE: "cl-fall--reserve",
        Cover.UNCOMMITTED: "cl-fall--scheme",
        Cover.SHARE: "cl-fall--partner",
    }
)


def step_words(cover: Cover, of: UUID | None, names: Names) -> str:
    """Return what covers a part of it; the partners together, if none is named."""
    if of is None and cover is Cover.SHARE:
        return "Authorised by every partner, and shared between them"
    return _STEPS[cover].format(names.get(of, "a partner") if of else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FallPage:
    """Who covers an overspend: a picture, the same as a table, and what is to be known of it."""

    chart: Markup
    rows: list[list[str]]
    notes: list[str]
    covered: bool

    @classmethod
    def of(cls, found: Covering, pool: PoolView, names: Names) -> "FallPage":
        """Present who covers what."""
        money, said = Money(pool.currency), found.said
        pieces = [
            Piece(step_words(draw.cover, draw.of, names), draw.amount_minor, _KINDS[draw.cover])
            for draw in said.draws
        ]
        clauses = [f"Clause {draw.clause}" for draw in said.draws]
        if said.uncovered_minor:
            pieces.append(Piece("Covered by nobody", said.uncovered_minor, "cl-fall--nobody"))
            clauses.append("No clause")
        return cls(
            chart=stacked("Who covers it", pieces, say=money, name="fall"),
            rows=[
                [one.label, clause, money(one.amount_minor)]
                for one, clause in zip(pieces, clauses, strict=True)
            ],
            notes=_notes(found, names, money),
            covered=not said.uncovered_minor,
        )


def _notes(found: Covering, names: Names, money: Money) -> list[str]:
    said, notes = found.said, []
    for partner, beyond_minor in said.capped_minor.items():
        name = names.get(partner, "A partner")
        notes.append(f"{name} would pay {money(beyond_minor)} more, were it not for its cap.")
    if found.lifted_minor is not None:
        notes.append(
            "Every finance chief agreed before the spend that a partner pays up to"
            f" {money(found.lifted_minor)}."
        )
    if found.why_no_rule and said.uncovered_minor:
        notes.append("The agreement has no rule to share the rest by.")
    if said.fenced_minor:
        notes.append(f"{money(said.fenced_minor)} is ring-fenced, and is not touched.")
    as_of = f"As of {day(found.on)}"
    notes.append(f"{as_of}, at size {found.size} of the log." if found.size else f"{as_of}.")
    return notes


@dataclass(frozen=True, slots=True, kw_only=True)
class OverspendPage:
    """One overspend: how it stands, its days, its plan, and the steps that cover it."""

    heading: str
    state: tuple[str, str]
    facts: list[tuple[str, str]]
    actions: list[list[str]]
    steps: list[list[object]]
    shares: list[list[str]]

    @classmethod
    def of(cls, one: OverspendView, pool: PoolView, names: Names, today: date) -> "OverspendPage":
        """Present an overspend."""
        money, plan = Money(pool.currency), one.plan
        made = one.resolution
        return cls(
            heading=names.get(one.scheme_id, "A scheme"),
            state=STATES[one.state],
            facts=_facts(one, pool, names, today),
            actions=[
                [action.what, names.get(action.organisation_id, "A partner"), day(action.by)]
                for action in (plan.actions if plan else ())
            ],
            steps=[
                [
                    step_words(each.step.cover, each.step.of, names),
                    f"Clause {each.step.clause}",
                    money(each.step.amount_minor),
                    dict(zip(("text", "tag"), STANDING[each.standing], strict=True)),
                ]
                for each in (made.steps if made else ())
            ],
            shares=[
                [names.get(each.of, "A partner"), money(each.amount_minor)]
                for each in (made.shares if made else ())
            ],
        )


def _facts(one: OverspendView, pool: PoolView, names: Names, today: date) -> list[tuple[str, str]]:
    money = Money(pool.currency)
    facts = [("Beyond its budget since", day(one.effective_on))]
    if one.state is not State.RESOLVED:
        facts.insert(0, ("Beyond its budget by", money(one.overspent_minor)))
    facts.append(("Partners told by the service", day(one.noted_at) if one.noted_at else "Not yet"))
    if one.cause:
        facts.append(("Why", CAUSES[one.cause]))
    elif one.notice_by:
        facts.append(("Say why by", _by(one.notice_by, today)))
    if one.plan:
        missing = [
            names.get(p, "A partner") for p in pool.partner_ids if p not in one.plan.accepted_by
        ]
        facts.append(("Action plan", f"Given on {day(one.plan.given_at)}"))
        facts.append(("Still to accept it", ", ".join(missing) or "Nobody: all have"))
    elif one.plan_by:
        facts.append(("Action plan by", _by(one.plan_by, today)))
    return facts


def _by(due: date, today: date) -> str:
    return f"{day(due)}, which has passed" if today > due else day(due)


def warning_row(one: WarningView, names: Names, currency: str) -> list[object]:
    """Return an early warning as a row: the scheme, its budget, the forecast, since when."""
    ended = one.cleared_at is not None
    tag = {"text": "Cleared", "tag": "green"} if ended else {"text": "Stands", "tag": "orange"}
    return [
        names.get(one.scheme_id, "A scheme"),
        format_minor(one.budget_minor, currency),
        format_minor(one.forecast_minor, currency),
        day(one.raised_at),
        tag,
    ]

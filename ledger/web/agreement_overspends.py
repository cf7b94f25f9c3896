"""The page of a draft for what follows an overspend, and what the governing body's vote needs."""

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ledger.agreements.queries import VersionView
from ledger.agreements.rules.fund import DAYS_MAX, OverspendTerms, percent
from ledger.agreements.rules.terms import Terms
from ledger.core.errors import Invalid
from ledger.core.policy import Permission
from ledger.edge.guard import requires
from ledger.web.agreement_drafts import change, draft_of
from ledger.web.agreement_forms import Form, Reading

blueprint = Blueprint("agreement_overspends", __name__, url_prefix="/agreements")


@blueprint.get("/<uuid:agreement_id>/draft/overspends")
@requires(Permission.AGREEMENT_DRAFT)
def ask(agreement_id: UUID) -> ResponseReturnValue:
    """Ask what follows when a scheme goes beyond its budget."""
    return _page(draft_of(agreement_id), {})


@blueprint.post("/<uuid:agreement_id>/draft/overspends")
@requires(Permission.AGREEMENT_DRAFT)
def change_it(agreement_id: UUID) -> ResponseReturnValue:
    """Change that."""
    return change(agreement_id, with_overspends, _page)


def with_overspends(terms: Terms, form: Form) -> tuple[Terms, dict[str, str]]:
    """Read what follows an overspend, and change it."""
    read, fund = Reading(form), terms.fund
    if fund is None:
        raise Invalid("only a pooled fund goes beyond a budget")
    wrong = f"Enter a number of days, from 1 to {DAYS_MAX}"
    notice_days, plan_days = (
        read.read(name, _days, wrong) for name in ("notice_days", "plan_days")
    )
    above = read.read("warning_percent", percent, "Enter from 0 to 100, such as 2.5")
    decides = form.get("board_decides", "")
    if decides not in {"yes", "no"}:
        read.errors["board_decides"] = "Choose yes or no"
    if read.errors or notice_days is None or plan_days is None or above is None:
        return terms, read.errors
    said = OverspendTerms(notice_days=notice_days, plan_days=plan_days, warning_percent=above)
    changed = replace(fund, overspends=said, board_decides=decides == "yes")
    return replace(terms, fund=changed), {}


def _days(text: str) -> int:
    number = int(text) if text.isascii() and len(text) <= 4 else 0  # noqa: PLR2004
    if not 0 < number <= DAYS_MAX:
        raise ValueError(text)
    return number


def _page(shown: VersionView, errors: dict[str, str]) -> str:
    fund = shown.terms.fund
    if fund is None:
        raise Invalid("only a pooled fund goes beyond a budget")
    said = fund.overspends or OverspendTerms()
    held = {
        "notice_days": str(said.notice_days),
        "plan_days": str(said.plan_days),
        "warning_percent": str(said.warning_percent),
        "board_decides": "no" if fund.board_decides is False else "yes",
    }
    return render_template(
        "agreements/overspends.jinja", shown=shown, errors=errors, given=request.form or held
    )

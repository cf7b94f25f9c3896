"""The page of a scheme's cap: what a partner bears at most, and who agrees to more."""

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Invalid
from ledger.core.money import parse_minor
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.overspend import service
from ledger.funding.overspend.caps import CapView, cap_on
from ledger.funding.queries.pools import PoolView
from ledger.funding.terms import NoShareRule, fund_on
from ledger.web.funding import names_of
from ledger.web.funding_lines import Money

blueprint = Blueprint("overspend_caps", __name__, url_prefix="/pools/<uuid:pool_id>/overspends")


@blueprint.get("/<uuid:scheme_id>/cap")
@requires(Permission.POOL_READ)
def show(pool_id: UUID, scheme_id: UUID) -> str:
    """Show what a partner bears at most, and who has agreed to more."""
    return _page(pool_in_sight(pool_id), scheme_id, {})


@blueprint.post("/<uuid:scheme_id>/cap")
@requires(Permission.POOL_APPROVE)
def agree(pool_id: UUID, scheme_id: UUID) -> ResponseReturnValue:
    """Agree, as a partner's finance chief, that partners bear more."""
    pool = pool_in_sight(pool_id)
    try:
        up_to_minor = parse_minor(request.form.get("up_to", ""))
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.agree_cap(work, pool_id, scheme_id=scheme_id, up_to_minor=up_to_minor)
    except Invalid as refused:
        return _page(pool, scheme_id, {"up_to": refused.detail}), 422
    flash("Your organisation agrees to it, for what is spent from now on.", "success")
    return redirect(url_for(".show", pool_id=pool_id, scheme_id=scheme_id), 303)


def rows_of(found: CapView, names: Mapping[UUID, str], money: Money) -> list[list[str]]:
    """Return each partner that shares: what it bore this period, and up to what it agrees."""
    return [
        [
            names.get(one, "A partner"),
            money(found.borne_minor.get(one, 0)),
            f"Up to {money(found.agreed_minor[one])}" if one in found.agreed_minor else "Not yet",
        ]
        for one in sorted(found.bearing, key=lambda one: names.get(one, ""))
    ]


def facts_of(found: CapView | None, money: Money) -> list[str]:
    """Return, in sentences, what a partner bears at most."""
    if found is None:
        return ["The agreement has no rule to share this scheme's overspends by."]
    if found.cap_minor is None:
        return [f"Clause {found.clause} puts no limit on what a partner bears."]
    said = [
        f"By clause {found.clause} a partner bears at most {money(found.cap_minor)} in a period."
    ]
    if found.lifted_minor is not None and found.lifted_minor > found.cap_minor:
        said.append(
            f"Every finance chief has agreed: for what is spent from now on it is "
            f"{money(found.lifted_minor)}."
        )
    else:
        said.append("It is higher only when the finance chief of every partner that shares agrees.")
    return said


def _page(pool: PoolView, scheme_id: UUID, errors: dict[str, str]) -> str:
    session, actor, names = db.session(), current_actor(), names_of(pool)
    fund, today = fund_on(session, pool.agreement_id, clock.today()), clock.today()
    found: CapView | None
    try:
        found = cap_on(session, fund, pool, scheme_id, today)
    except NoShareRule:
        found = None
    money = Money(pool.currency)
    capped = found is not None and found.cap_minor is not None
    may = (
        Role.CHIEF_FINANCE_OFFICER in actor.roles
        and actor.organisation_id in pool.partner_ids
        and permits(in_force(), actor, Permission.POOL_APPROVE, pool.resource)
    )
    return render_template(
        "overspend/cap.jinja",
        pool=pool,
        scheme_id=scheme_id,
        heading=names.get(scheme_id, "A scheme"),
        facts=facts_of(found, money),
        rows=rows_of(found, names, money) if found is not None and capped else [],
        may_agree=may and capped,
        given=request.form,
        errors=errors,
    )

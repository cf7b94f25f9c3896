"""Pages about overspends: which there are, what is done about one, and what would be if."""

import re
from fractions import Fraction
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from ledger.agreements.rules.wording import percent
from ledger.core import clock
from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid
from ledger.core.money import parse_minor
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory.rules.imports import day
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.overspend import caps, resolving, service
from ledger.funding.overspend import queries as overspends
from ledger.funding.overspend.queries import OverspendView
from ledger.funding.overspend.rules.days import Action, Cause, State
from ledger.funding.overspend.waterfalls import covering
from ledger.funding.queries.pools import PoolView
from ledger.funding.terms import FundInForce, fund_on
from ledger.web.funding import names_of
from ledger.web.overspend_words import CAUSES, STATES, FallPage, OverspendPage, warning_row

blueprint = Blueprint("overspends", __name__, url_prefix="/pools/<uuid:pool_id>/overspends")
_EXACTLY: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9}|/[1-9][0-9]{0,14})?")
"""A weight as text: a decimal or a fraction."""

_WORDS_MAX: Final = 200
_ROWS: Final = 3
"""So many actions a plan's form asks for; more can be given over HTTP."""


@blueprint.get("")
@requires(Permission.POOL_READ)
def index(pool_id: UUID) -> str:
    """List a pool's overspends and early warnings."""
    session, pool = db.session(), pool_in_sight(pool_id)
    names = names_of(pool)
    found = overspends.overspends(session, pool)
    rows = []
    for one in found:
        words, colour = STATES[one.state]
        href = url_for("overspends.show", pool_id=pool.id, scheme_id=one.scheme_id)
        title = {"text": names[one.scheme_id], "href": href}
        page = OverspendPage.of(one, pool, names, clock.today())
        rows.append([title, page.facts[0][1], {"text": words, "tag": colour}])
    return render_template(
        "overspend/index.jinja",
        pool=pool,
        rows=rows,
        warnings=[
            warning_row(each, names, pool.currency) for each in overspends.warnings(session, pool)
        ],
        above=percent(
            fund_on(session, pool.agreement_id, clock.today()).overspends.warning_percent
        ),
    )


@blueprint.get("/what-if")
@requires(Permission.POOL_READ)
def what_if(pool_id: UUID) -> ResponseReturnValue:
    """Ask by how much, and show who would pay what. Nothing is posted."""
    pool, asked = pool_in_sight(pool_id), request.args
    page, errors = None, dict[str, str]()
    fund = fund_on(db.session(), pool.agreement_id, clock.today())
    sets = any(caps.varies(fund, one.title) for one in pool.schemes)
    if "amount" in asked:
        try:
            page = _simulated(pool, asked, fund, weights_of(pool, asked, errors))
        except (Invalid, Conflict) as refused:
            errors = {_field_of(refused): refused.detail}
    found = render_template(
        "overspend/what_if.jinja",
        pool=pool,
        page=None if errors else page,
        partners=[(one, names_of(pool).get(one, "A partner")) for one in pool.partner_ids]
        if sets
        else [],
        asked=asked,
        errors=errors,
    )
    return found, 422 if errors else 200


@blueprint.get("/<uuid:scheme_id>")
@requires(Permission.POOL_READ)
def show(pool_id: UUID, scheme_id: UUID) -> str:
    """Show an overspend, what is planned, and what the reader can do about it."""
    return _page(*_overspend(pool_id, scheme_id), {})


@blueprint.post("/<uuid:scheme_id>/explanation")
@requires(Permission.POOL_ALLOCATE)
def explain(pool_id: UUID, scheme_id: UUID) -> ResponseReturnValue:
    """Tell the partners why."""
    cause, reference = request.form.get("cause", ""), request.form.get("reference", "")
    pool, one = _overspend(pool_id, scheme_id)
    if cause not in set(Cause) or not 0 < len(reference.strip()) <= 200:  # noqa: PLR2004
        return _page(pool, one, {"cause": "Choose a reason, and give the notice's reference"}), 422
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.explain(work, pool_id, scheme_id=scheme_id, cause=Cause(cause), reference=reference)
    flash("The partners are told why.", "success")
    return _back(pool_id, scheme_id)


@blueprint.post("/<uuid:scheme_id>/plan")
@requires(Permission.POOL_ALLOCATE)
def give_plan(pool_id: UUID, scheme_id: UUID) -> ResponseReturnValue:
    """Give the partners an action plan."""
    pool, one = _overspend(pool_id, scheme_id)
    try:
        actions = _actions(request.form)
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.give_plan(work, pool_id, scheme_id=scheme_id, actions=actions)
    except Invalid as refused:
        return _page(pool, one, {"what-1": refused.detail}), 422
    flash("The plan is given. The partners are asked to accept it.", "success")
    return _back(pool_id, scheme_id)


@blueprint.post("/<uuid:scheme_id>/plan/<uuid:plan_id>/acceptance")
@requires(Permission.POOL_APPROVE)
def accept_plan(pool_id: UUID, scheme_id: UUID, plan_id: UUID) -> ResponseReturnValue:
    """Accept the plan for one's organisation."""
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.accept_plan(work, pool_id, scheme_id=scheme_id, plan_id=plan_id)
    flash("Your organisation accepts the plan.", "success")
    return _back(pool_id, scheme_id)


@blueprint.post("/<uuid:scheme_id>/resolution")
@requires(Permission.POOL_ALLOCATE)
def resolve(pool_id: UUID, scheme_id: UUID) -> ResponseReturnValue:
    """Begin to cover it as the page shows."""
    pool, one = _overspend(pool_id, scheme_id)
    reference = request.form.get("reference", "").strip()
    if not 0 < len(reference) <= 200:  # noqa: PLR2004
        return _page(pool, one, {"resolve-reference": "Give the decision's reference"}), 422
    digest = request.form.get("digest", "")
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            resolving.resolve(
                work, pool_id, scheme_id=scheme_id, digest=digest, reference=reference
            )
    except Conflict as refused:
        pool, one = _overspend(pool_id, scheme_id)
        return _page(pool, one, {"": f"{refused.title}: {refused.detail}"}), 409
    flash("Begun. What needs approval waits for it now.", "success")
    return _back(pool_id, scheme_id)


@blueprint.post("/<uuid:scheme_id>/resolution/<uuid:resolution_id>/shares")
@requires(Permission.POOL_ALLOCATE)
def share_out(pool_id: UUID, scheme_id: UUID, resolution_id: UUID) -> ResponseReturnValue:
    """Have the partners owe their shares."""
    with unit_of_work(current_actor()) as work:
        once_form(work)
        said = f"Overspend resolution {resolution_id}"
        resolving.share_out(work, pool_id, resolution_id, reference=said)
    flash("Each partner owes its share now.", "success")
    return _back(pool_id, scheme_id)


def _page(pool: PoolView, one: OverspendView, errors: dict[str, str]) -> str:
    session, actor, names = db.session(), current_actor(), names_of(pool)
    running = one.state is not State.RESOLVED
    made = one.resolution
    waiting = made is not None and any(each.standing == "waiting" for each in made.steps)
    fall, digest = None, ""
    if running and one.overspent_minor and not waiting:
        plan = overspends.to_resolve(session, pool, one, clock.today())
        fall, digest = FallPage.of(plan, pool, names), plan.digest
    may = permits(in_force(), actor, Permission.POOL_ALLOCATE, pool.resource)
    accepts = (
        one.plan is not None
        and permits(in_force(), actor, Permission.POOL_APPROVE, pool.resource)
        and actor.organisation_id in set(pool.partner_ids) - one.plan.accepted_by
    )
    shared = made is not None and made.shares and not made.shares_posted and not waiting
    return render_template(
        "overspend/overspend.jinja",
        pool=pool,
        one=one,
        page=OverspendPage.of(one, pool, names, clock.today()),
        fall=fall,
        digest=digest,
        causes=CAUSES,
        partners=[(each, names.get(each, "A partner")) for each in pool.partner_ids],
        rows=range(1, _ROWS + 1),
        may_explain=may and running and one.noted_at is not None and one.cause is None,
        may_plan=may and running and one.noted_at is not None,
        may_accept=accepts and running,
        may_resolve=may and fall is not None,
        may_share=may and shared,
        given=request.form,
        errors=errors,
    )


def weights_of(
    pool: PoolView, asked: MultiDict[str, str], errors: dict[str, str]
) -> dict[UUID, Fraction] | None:
    """Return by what partners would share, None if nothing was filled in; collect what is wrong."""
    given = {one: asked.get(f"weight-{one}", "").strip() for one in pool.partner_ids}
    if not any(given.values()):
        return None
    for one, text in given.items():
        if text and not _EXACTLY.fullmatch(text):
            errors[f"weight-{one}"] = "Enter a decimal or a fraction, such as 2.5 or 1/3"
    return {} if errors else {one: Fraction(text or 0) for one, text in given.items()}


def _simulated(
    pool: PoolView,
    asked: MultiDict[str, str],
    fund: FundInForce,
    weights: dict[UUID, Fraction] | None,
) -> FallPage:
    amount_minor, size = parse_minor(asked.get("amount", "")), asked.get("log_size", "").strip()
    if size and not (size.isascii() and size.isdecimal() and len(size) <= 15):  # noqa: PLR2004
        raise Invalid("give the log's size as a whole number, or leave it out")
    scheme = next((one for one in pool.schemes if str(one.id) == asked.get("scheme")), None)
    if scheme is None:
        raise Invalid("choose a scheme")
    found = covering(
        db.session(),
        pool,
        scheme.id,
        amount_minor,
        today=clock.today(),
        size=int(size) if size else None,
        weights=weights if caps.varies(fund, scheme.title) else None,
    )
    return FallPage.of(found, pool, names_of(pool))


def _field_of(refused: Invalid | Conflict) -> str:
    detail = refused.detail
    return "scheme" if "scheme" in detail else "log_size" if "size" in detail else "amount"


def _actions(form: MultiDict[str, str]) -> list[Action]:
    """Return the actions that were filled in.

    Raises:
        Invalid: one of them is only half filled in.
    """
    found = []
    for number in range(1, _ROWS + 1):
        said = {name: form.get(f"{name}-{number}", "").strip() for name in ("what", "who", "by")}
        if not said["what"]:
            continue
        try:
            who, by = UUID(said["who"]), day(said["by"])
        except (Invalid, ValueError) as error:
            raise Invalid(f"action {number}: say what, which partner, and by which day") from error
        if len(said["what"]) > _WORDS_MAX:
            raise Invalid(f"action {number}: use {_WORDS_MAX} characters or fewer")
        found.append(Action(what=said["what"], organisation_id=who, by=by))
    return found


def _back(pool_id: UUID, scheme_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("overspends.show", pool_id=pool_id, scheme_id=scheme_id), 303)


def _overspend(pool_id: UUID, scheme_id: UUID) -> tuple[PoolView, OverspendView]:
    pool = pool_in_sight(pool_id)
    return pool, overspends.overspend(db.session(), pool, scheme_id)

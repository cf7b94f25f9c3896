"""Pages of a pool's returns: which there are, the checklist, and the chain of signatures."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.as_said import log_size
from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.edge.identity import require_step_up
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.queries.pools import PoolView
from ledger.funding.returns import queries as returns
from ledger.funding.returns import service
from ledger.funding.returns import signing as return_signing
from ledger.funding.returns.files import FILES
from ledger.funding.returns.rules.steps import ReturnKind, SendBack, Stage
from ledger.funding.returns.sources import Told, told_of
from ledger.web.return_beside import beside, since_then, title_of
from ledger.web.return_inbox import may_sign
from ledger.web.return_words import (
    REASONS,
    STAGES,
    chain,
    due_words,
    groups,
    missing,
    name_of,
)

blueprint = Blueprint("return_pages", __name__, url_prefix="/pools/<uuid:pool_id>/returns")


@blueprint.get("")
@requires(Permission.POOL_READ)
def index(pool_id: UUID) -> str:
    """List the returns of a pool, and what its years still ask for."""
    session, pool, today = db.session(), pool_in_sight(pool_id), clock.today()
    there = returns.returns(session, pool)
    begun = {(one.kind, one.first_day) for one in there if one.stage is not Stage.WITHDRAWN}
    due = [
        (one, name_of(one), due_words(one.due_on, today), _period(pool, one.year))
        for one in returns.missing(session, pool, today)
        if (one.kind, one.first_day) not in begun
    ]
    return render_template(
        "returns/index.jinja",
        pool=pool,
        rows=[
            (one, name_of(one), STAGES[one.stage], due_words(one.due_on, today)) for one in there
        ],
        due=due,
        may_prepare=_may(pool, Permission.RETURN_PREPARE),
    )


@blueprint.post("")
@requires(Permission.RETURN_PREPARE)
def begin(pool_id: UUID) -> ResponseReturnValue:
    """Begin a return, or amend a signed one."""
    asked = request.form
    try:
        terms = {
            "kind": ReturnKind(asked.get("kind", "")),
            "number": int(asked.get("number", "")),
            "period_id": UUID(asked.get("period_id", "")),
            "replaces": UUID(asked["replaces"]) if asked.get("replaces") else None,
        }
    except ValueError as error:
        raise Invalid("begin a return from the page that lists them") from error
    with unit_of_work(current_actor()) as work:
        once_form(work)
        return_id = service.open_return(work, pool_id, **terms)  # type: ignore[arg-type]
    return back_to(pool_id, return_id, "The return is begun. Fill in what is missing.")


@blueprint.get("/<uuid:return_id>")
@requires(Permission.POOL_READ)
def show(pool_id: UUID, return_id: UUID) -> str:
    """Show the checklist, the chain of signatures, and what happened since it was frozen."""
    session, pool, actor = db.session(), pool_in_sight(pool_id), current_actor()
    one, shown = told_of(session, pool, return_id)
    may_prepare = _may(pool, Permission.RETURN_PREPARE)
    fills = may_prepare and one.stage is Stage.DRAFT
    moved, changed = list[list[str]](), list[list[str]]()
    if one.stage in {Stage.SIGNING, Stage.SIGNED}:
        moved = since_then(shown, told_of(session, pool, return_id, size=log_size(session))[1])
    if one.replaces:
        changed = beside(told_of(session, pool, one.replaces)[1], shown)
    ids = [each.person_id for each in one.signatures]
    ids += [one.preparer_id] if one.preparer_id else []
    names = {each: found.name for each, found in _organisations(pool).items()}
    found = groups(
        one,
        shown,
        mend=lambda key: url_for(
            "return_filling.ask", pool_id=pool_id, return_id=return_id, section=key
        ),
        may_fill=fills,
    )
    return render_template(
        "returns/show.jinja",
        pool=pool,
        one=one,
        name=name_of(one),
        stage=STAGES[one.stage],
        told=shown,
        groups=found,
        missing=missing(found),
        chain=chain(one, pool, names, directory.person_names(session, ids)),
        sent_back=[
            (REASONS[back.reason], names.get(back.organisation_id, ""), _titles(shown, back.cells))
            for back in one.sent_back
        ],
        since=moved,
        beside=changed,
        forms=[*FILES],
        fills=fills,
        may_withdraw=may_prepare and one.stage in {Stage.DRAFT, Stage.SIGNING},
        may_amend=may_prepare and one.stage is Stage.SIGNED,
        period_id=_period(pool, (one.year_first_day, one.year_first_day)),
        may_sign=may_sign(one, pool, actor),
        reasons=REASONS,
    )


@blueprint.post("/<uuid:return_id>/submit")
@requires(Permission.RETURN_PREPARE)
def submit(pool_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Put a complete return to its signatories."""
    with unit_of_work(current_actor()) as work:
        once_form(work)
        size, _ = service.submit(work, _there(pool_id, return_id))
    return back_to(
        pool_id, return_id, f"It is submitted, as of the first {size:,} entries of the log."
    )


@blueprint.post("/<uuid:return_id>/sign")
@requires(Permission.RETURN_SIGN)
def sign(pool_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Sign what was read; needs a recent sign-in."""
    proof, found = require_step_up(), _there(pool_id, return_id)
    with unit_of_work(current_actor()) as work:
        once_form(work)
        last = return_signing.sign(
            work,
            found,
            read_digest=request.form.get("digest", ""),
            acr=proof.acr,
            auth_time=datetime.fromtimestamp(proof.auth_time, UTC),
        )
    done = "Everybody has signed." if last else "It waits for others still."
    return back_to(pool_id, return_id, f"You signed. {done}")


@blueprint.post("/<uuid:return_id>/send-back")
@requires(Permission.RETURN_SIGN)
def send_back(pool_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Send a return back to be changed."""
    found = _there(pool_id, return_id)
    try:
        reason = SendBack(request.form.get("reason", ""))
    except ValueError as error:
        raise Invalid("choose a reason from the list") from error
    with unit_of_work(current_actor()) as work:
        once_form(work)
        return_signing.send_back(work, found, reason=reason, cells=request.form.getlist("cells"))
    return back_to(pool_id, return_id, "It was sent back. The chain begins again.")


@blueprint.post("/<uuid:return_id>/withdraw")
@requires(Permission.RETURN_PREPARE)
def withdraw(pool_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Give up a return that not everybody has signed."""
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.withdraw(work, _there(pool_id, return_id))
    return back_to(pool_id, return_id, "The return is withdrawn.")


def _titles(shown: Told, cells: Collection[str]) -> list[str]:
    return [title_of(one) for one in shown.sheet.cells if one.id in cells]


def _organisations(pool: PoolView) -> dict[UUID, directory.OrganisationView]:
    return dict(directory.organisations(db.session(), {*pool.partner_ids, pool.host_id}))


def _period(pool: PoolView, days: tuple[object, object]) -> UUID | None:
    return next((one.id for one in pool.periods if one.first_day == days[0]), None)


def _there(pool_id: UUID, return_id: UUID) -> UUID:
    return returns.row_of(db.session(), pool_in_sight(pool_id), return_id).id


def _may(pool: PoolView, permission: Permission) -> bool:
    return permits(in_force(), current_actor(), permission, pool.resource)


def back_to(pool_id: UUID, return_id: UUID, said: str) -> ResponseReturnValue:
    """Go back to a return, and say what was done."""
    flash(said, "success")
    return redirect(url_for("return_pages.show", pool_id=pool_id, return_id=return_id), 303)

"""Pages to start a pool in the middle of a year: a trial balance, looked at, sent to partners."""

from base64 import b64decode, b64encode
from binascii import Error
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.edge.pools import pool_in_sight
from ledger.funding.opening import queries as openings
from ledger.funding.opening import service as opening
from ledger.funding.opening.file import CONTENT_MAX, Part
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.events import Event
from ledger.web.funding import names_of
from ledger.web.opening_words import OpeningPage

blueprint = Blueprint("pool_opening", __name__, url_prefix="/pools/<uuid:pool_id>/opening")


@blueprint.get("")
@requires(Permission.POOL_READ)
def show(pool_id: UUID) -> str:
    """Ask for a trial balance; or say how far the position has got."""
    return _ask(pool_in_sight(pool_id), {})


@blueprint.post("")
@requires(Permission.POOL_ALLOCATE)
def look(pool_id: UUID) -> ResponseReturnValue:
    """Show what a trial balance would post, in both books, and what is still unbalanced."""
    pool, file = pool_in_sight(pool_id), request.files.get("file")
    if file is None or not file.filename:
        return _ask(pool, {"file": "Choose a file"}), 422
    return _look(pool, file.read(CONTENT_MAX + 1), {})


@blueprint.post("/send")
@requires(Permission.POOL_ALLOCATE)
def send(pool_id: UUID) -> ResponseReturnValue:
    """Send the position that was looked at to every partner."""
    pool = pool_in_sight(pool_id)
    try:
        content = b64decode(request.form.get("content", ""), validate=True)
    except Error as error:
        raise Invalid("choose the file again") from error
    reference = request.form.get("reference", "").strip()
    if not 0 < len(reference) <= 200:  # noqa: PLR2004
        return _look(pool, content, {"reference": "Say what the paper is called"})
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            opening.propose_from_file(work, pool_id, content=content, reference=reference)
    except (Conflict, Invalid) as refused:
        return _look(pool, content, {"": f"{refused.title}: {refused.detail}"})
    flash("Sent. It counts when every partner has approved it.", "success")
    return redirect(url_for("pool_opening.show", pool_id=pool_id), 303)


def _look(pool: PoolView, content: bytes, errors: dict[str, str]) -> ResponseReturnValue:
    try:
        found = opening.preview(current_actor(), pool.id, content=content)
    except Invalid as refused:
        rows = [f"{fault.field}: {fault.detail}" for fault in refused.faults]
        return _ask(pool, {"file": f"{refused.title}: {refused.detail}"}, rows), 422
    page = render_template(
        "opening/look.jinja",
        pool=pool,
        page=OpeningPage.of(found, names_of(pool), pool.currency),
        can_send=found.problem is None,
        content=b64encode(content).decode(),
        given=request.form,
        errors=errors,
    )
    return page, 422 if errors else 200


def _ask(pool: PoolView, errors: dict[str, str], faults: list[str] | None = None) -> str:
    session = db.session()
    first, waits = openings.first_posted(session, pool), openings.waiting(session, pool)
    names = names_of(pool)
    spoken = {one.organisation_id for one in waits.approvals} if waits else set()
    may = permits(in_force(), current_actor(), Permission.POOL_ALLOCATE, pool.resource)
    return render_template(
        "opening/ask.jinja",
        pool=pool,
        may=may and first is None and waits is None,
        waits=waits,
        missing=[names[one] for one in pool.partner_ids if one not in spoken],
        posted=first[0] if first and first[1] is Event.OPENING_BROUGHT_IN else None,
        too_late=first is not None and first[1] is not Event.OPENING_BROUGHT_IN,
        parts=list(Part),
        errors=errors,
        faults=faults or [],
    )

"""Where an organisation's programs are told of changes: kept by its steward."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.permissions import Permission
from ledger.core.work import unit_of_work
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.messages import queries
from ledger.messages.rules.endpoints import BadEndpoint
from ledger.messages.service import endpoints, resending
from ledger.settings import Settings
from ledger.web.endpoint_words import EndpointCard, MessageRow, attempt_row

blueprint = Blueprint("endpoint_pages", __name__, url_prefix="/messages")

_MESSAGES: Final = "message pages"
_AREAS: Final = {
    "agreement": "Agreements",
    "funding": "Pooled funds",
    "directory": "Staff, patients and programs of your organisation",
    "governance": "Boards and seats",
}
_BACK: Final = {"1": "the last day", "7": "the last week", "30": "the last 30 days"}


@blueprint.get("")
@requires(Permission.ENDPOINT_KEEP)
def show() -> ResponseReturnValue:
    """List the endpoints of the steward's organisation, and offer to add one."""
    return _page({})


@blueprint.post("")
@requires(Permission.ENDPOINT_KEEP)
def register() -> ResponseReturnValue:
    """Add an endpoint; show its secret, this once."""
    organisation_id = current_actor().organisation_id
    if organisation_id is None:
        raise NotFound("you act for no organisation")
    url = request.form.get("url", "").strip()
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            _, secret = endpoints.register(
                work,
                organisation_id=organisation_id,
                url=url,
                kinds=request.form.getlist("kinds"),
                private=_private(),
            )
    except BadEndpoint as error:
        return _page({fault.field: fault.detail.capitalize() for fault in error.faults}, url), 422
    return render_template("endpoints/secret.jinja", url=url, secret=secret, new=True), 201


@blueprint.get("/<uuid:endpoint_id>")
@requires(Permission.ENDPOINT_KEEP)
def read(endpoint_id: UUID) -> ResponseReturnValue:
    """Show what an endpoint was sent."""
    limit, after = cursors.limit(), cursors.after(of=_MESSAGES, shape=(int,))
    session = db.session()
    found = queries.endpoint(session, current_actor(), endpoint_id)
    before = after[0] if after else None
    rows = queries.deliveries(session, found, limit=limit + 1, before_index=before)
    older = cursors.page_href((rows[limit - 1].index,), of=_MESSAGES) if len(rows) > limit else None
    return render_template(
        "endpoints/read.jinja",
        card=EndpointCard.of(found),
        rows=[MessageRow.of(row) for row in rows[:limit]],
        older=older,
        back=_BACK,
    )


@blueprint.get("/<uuid:endpoint_id>/<uuid:entry_id>")
@requires(Permission.ENDPOINT_KEEP)
def tries(endpoint_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """Show every try to deliver one message."""
    session = db.session()
    found = queries.endpoint(session, current_actor(), endpoint_id)
    return render_template(
        "endpoints/tries.jinja",
        card=EndpointCard.of(found),
        entry_id=entry_id,
        rows=[attempt_row(row) for row in queries.attempts(session, found, entry_id)],
    )


@blueprint.post("/<uuid:endpoint_id>/<any(close, pause, resume):command>")
@requires(Permission.ENDPOINT_KEEP)
def command(endpoint_id: UUID, command: str) -> ResponseReturnValue:
    """Close, pause or resume an endpoint."""
    commands, said = {
        "close": (endpoints.close, "It is told nothing any more."),
        "pause": (endpoints.pause, "It is told nothing for now; what happens waits for it."),
        "resume": (endpoints.resume, "It is told again, from where it was."),
    }[command]
    with unit_of_work(current_actor()) as work:
        commands(work, endpoint_id=endpoint_id)
    flash(said, "success")
    there = url_for("endpoint_pages.read", endpoint_id=endpoint_id)
    return redirect(url_for("endpoint_pages.show") if command == "close" else there, 303)


@blueprint.post("/<uuid:endpoint_id>/secret")
@requires(Permission.ENDPOINT_KEEP)
def rotate_secret(endpoint_id: UUID) -> ResponseReturnValue:
    """Give an endpoint a new secret; show it, this once."""
    with unit_of_work(current_actor()) as work:
        once_form(work)
        secret = endpoints.rotate_secret(work, endpoint_id=endpoint_id)
    found = queries.endpoint(db.session(), current_actor(), endpoint_id)
    return render_template("endpoints/secret.jinja", url=found.url, secret=secret, new=False)


@blueprint.post("/<uuid:endpoint_id>/replay")
@requires(Permission.ENDPOINT_KEEP)
def replay(endpoint_id: UUID) -> ResponseReturnValue:
    """Send again what an endpoint was sent in the last days."""
    days = request.form.get("days", "")
    if days not in _BACK:
        raise NotFound("choose how far back")
    with unit_of_work(current_actor()) as work:
        moment = clock.now() - timedelta(days=int(days))
        count = resending.since(work, endpoint_id=endpoint_id, moment=moment)
    flash(f"{count} messages are sent again. Each keeps its id.", "success")
    return redirect(url_for("endpoint_pages.read", endpoint_id=endpoint_id), 303)


@blueprint.post("/<uuid:endpoint_id>/<uuid:entry_id>/replay")
@requires(Permission.ENDPOINT_KEEP)
def replay_one(endpoint_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """Send one message again."""
    with unit_of_work(current_actor()) as work:
        resending.one(work, endpoint_id=endpoint_id, entry_id=entry_id)
    flash("The message is sent again.", "success")
    return redirect(
        url_for("endpoint_pages.tries", endpoint_id=endpoint_id, entry_id=entry_id), 303
    )


def _page(errors: dict[str, str], url: str = "") -> str:
    found = queries.endpoints(db.session(), current_actor())
    chosen = request.form.getlist("kinds")
    areas = [{"value": v, "text": t, "checked": v in chosen} for v, t in _AREAS.items()]
    return render_template(
        "endpoints/show.jinja",
        cards=[EndpointCard.of(view) for view in found],
        areas=areas,
        url=url,
        errors=errors,
    )


def _private() -> bool:
    settings: Settings = current_app.extensions["settings"]
    return settings.webhooks_private

"""Pages of an organisation's own keys, by which it seals what its signatories sign."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.agreements import queries, service
from ledger.agreements.rules.seal import BadKey
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.bodies import loads
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.agreement_words import Status
from ledger.web.shell import day

blueprint = Blueprint("agreement_keys", __name__, url_prefix="/signatories/keys")


@blueprint.get("")
@requires(Permission.SIGNATORY_APPOINT)
def show() -> ResponseReturnValue:
    """List the keys of one's organisation, and ask for another."""
    return _page({})


@blueprint.post("")
@requires(Permission.SIGNATORY_APPOINT)
def add() -> ResponseReturnValue:
    """Add a public key."""
    try:
        jwk = loads(request.form.get("jwk", "").strip() or "null")
    except ValueError as refused:
        return _page({"jwk": f"This is no JSON: {refused}"}), 422
    if not isinstance(jwk, dict):
        return _page({"jwk": "Enter the public key as a JWK: a JSON object"}), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.add_key(work, organisation_id=_own(current_actor()), jwk=jwk)
    except BadKey as refused:
        return _page({"jwk": f"{refused.detail[0].upper()}{refused.detail[1:]}"}), 422
    flash("The key is there. Seals by it count from now on.")
    return redirect(url_for(".show"), 303)


@blueprint.post("/<uuid:key_id>/end")
@requires(Permission.SIGNATORY_APPOINT)
def end(key_id: UUID) -> ResponseReturnValue:
    """Let a key seal nothing more."""
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.end_key(work, key_id)
    flash("The key has ended. What it sealed stays sealed.")
    return redirect(url_for(".show"), 303)


def _page(errors: dict[str, str]) -> str:
    found = queries.sealing_keys(db.session(), _own(current_actor()))
    return render_template(
        "agreements/keys.jinja",
        errors=errors,
        jwk=request.form.get("jwk", ""),
        keys=[
            (
                one,
                day(one.added_at.date()),
                Status(f"Ended on {day(one.ended_on)}", "grey")
                if one.ended_on
                else Status("Seals today", "green"),
            )
            for one in found
        ],
    )


def _own(actor: Actor) -> UUID:
    if actor.organisation_id is None:
        raise Invalid("act for an organisation to see its keys")
    return actor.organisation_id

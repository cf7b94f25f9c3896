"""Signing in again for what needs a recent or a stronger sign-in, and back (RFC 9470).

A page comes back to itself. A form that was sent is kept, and sent once more when its sender
says so: nothing that was written is lost.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, current_app, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from ledger.core.errors import Fault
from ledger.core.policy import Permission
from ledger.edge import assurance, kept_forms, login, providers
from ledger.edge.assurance import Need
from ledger.edge.guard import public, requires
from ledger.edge.identity import StepUpNeeded
from ledger.edge.login import SignInFailed
from ledger.edge.providers import Provider
from ledger.edge.sessions import Authentication, SignedIn
from ledger.web.acting import hints, local_path, who_signed_in

blueprint = Blueprint("step_up", __name__)

_CARRY_ON = "/sign-in/carry-on"


@blueprint.get("/sign-in/again")
@public("leads to where one signs in; somebody not signed in may just as well")
def again() -> ResponseReturnValue:
    """Have whoever is signed in prove it anew, and come back to the same page."""
    back, settings = local_path(request.args.get("next")), current_app.extensions["settings"]
    signed, need = g.get("signed_in"), _need(request.args.get("for"))
    if not isinstance(signed, SignedIn):
        return redirect(f"/sign-in?{urlencode({'next': back})}", 303)
    provider = providers.named(signed.provider)
    if not _can_reach(provider, need):
        return not_enough(need, back)
    recent = need in {Need.ANY, Need.SIGNING}
    age_s = 0 if "at_once" in request.args else settings.step_up_minutes * 60
    try:
        address = login.start(
            provider,
            return_to=back,
            max_age_s=age_s if recent else None,
            need=need,
            hints=hints(),
        )
    except SignInFailed as failure:
        return failed(failure)
    return redirect(address, 303)


@blueprint.get(_CARRY_ON)
@requires(Permission.PROFILE_READ)
def carry_on() -> ResponseReturnValue:
    """Show what was about to be sent, to send it now."""
    form = kept_forms.take(who_signed_in().person_id)
    if form is None:
        return redirect("/", 303)
    back = _nearest_page(form.path)
    return render_template("sign_in/carry_on.jinja", form=form, back=back)


def init_app(app: Flask) -> None:
    """Lead a page that needs a fresh sign-in to where one signs in again, and back."""
    plain_page = app.extensions["error_page"]

    def error_page(
        status: int, slug: str, title: str, detail: str, faults: Sequence[Fault]
    ) -> AnyResponse:
        if slug == StepUpNeeded.slug:
            need: Need = g.step_up
            asked = {"next": _where_to_go_on()} | ({"for": need} if need is not Need.ANY else {})
            return redirect(f"/sign-in/again?{urlencode(asked)}", 303)
        page: AnyResponse = plain_page(status, slug, title, detail, faults)
        return page

    app.extensions["error_page"] = error_page


def enough(proof: Authentication, need: Need) -> bool:
    """Say whether a sign-in came back as sure as it was sent away to be."""
    signing: str = current_app.extensions["settings"].step_up_acr
    if need is Need.SIGNING and signing and proof.acr not in signing.split():
        return False
    return assurance.suffices(proof, need)


def not_enough(need: Need, back: str) -> ResponseReturnValue:
    """Say that a sign-in is not sure enough, and which ones would be."""
    others = [one for one in providers.providers().values() if _can_reach(one, need)]
    asked = urlencode({"next": back})
    links = [(f"/sign-in/{one.slug}?{asked}", one.name) for one in others]
    return render_template("sign_in/not_enough.jinja", need=need, links=links, back=back), 403


def failed(failure: SignInFailed) -> ResponseReturnValue:
    """Say why a person could not be signed in, and how to begin again."""
    status = 503 if isinstance(failure, login.ProviderUnreachable) else 400
    return render_template("sign_in/failed.jinja", what=str(failure)), status


def _can_reach(provider: Provider, need: Need) -> bool:
    return provider.reaches(assurance.asked(need))


def _need(given: str | None) -> Need:
    try:
        return Need(given or Need.ANY)
    except ValueError:
        return Need.ANY


def _where_to_go_on() -> str:
    """Return the page being looked at; for a form that was sent, where it can be sent again."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    signed = g.get("signed_in")
    if isinstance(signed, SignedIn) and kept_forms.keep(signed.person_id):
        return _CARRY_ON
    return _nearest_page(request.path)


def _nearest_page(path: str) -> str:
    """Return the page at *path*, or the nearest one above it."""
    path, addresses = path.partition("?")[0], current_app.create_url_adapter(request)
    while addresses is not None and path:
        if _is_page(addresses, path):
            return path
        path = path.rpartition("/")[0]
    return "/"


def _is_page(addresses: Any, path: str) -> bool:
    return bool(addresses.test(path, "GET"))

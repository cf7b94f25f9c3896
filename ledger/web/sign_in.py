"""Signing in and out: choosing a provider, coming back from it, choosing a role."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
)
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import Fault, NotFound
from ledger.core.policy import Permission
from ledger.directory import queries as directory
from ledger.directory.queries import MembershipView
from ledger.edge import login, providers, sessions
from ledger.edge.guard import public, requires, signed_in
from ledger.edge.identity import StepUpNeeded
from ledger.edge.login import ProviderUnreachable, Returned, SignInFailed
from ledger.edge.providers import Provider
from ledger.edge.sessions import SignedIn
from ledger.web import invitation, navigation

blueprint = Blueprint("sign_in", __name__)

_AS_PATIENT: Final = "patient"


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to go on, in a person's words."""

    value: str
    text: str
    hint: str
    chosen: bool = False


def role_choices(
    held: Iterable[MembershipView], *, is_patient: bool, acting: str | None
) -> tuple[Choice, ...]:
    """Present what somebody may be. Themselves first: their own record is theirs always."""
    own = (Choice(_AS_PATIENT, "Yourself", "See and decide about your own record"),)
    words = navigation.role_words
    roles = (Choice(str(one.id), words(one.role), one.organisation_name) for one in held)
    return tuple(
        Choice(one.value, one.text, one.hint, chosen=one.value == acting)
        for one in (*(own if is_patient else ()), *roles)
    )


@blueprint.get("/sign-in")
@public("this is where people sign in")
def choose_provider() -> ResponseReturnValue:
    """Let a person say where they have an account; lead on at once if there is one place."""
    back = local_path(request.args.get("next"))
    offered = list(providers.providers().values())
    if len(offered) == 1:
        return redirect(_start_address(offered[0], back), 303)
    links = [(_start_address(one, back), one.name) for one in offered]
    return render_template("sign_in/provider.jinja", links=links)


@blueprint.get("/sign-in/<slug>")
@public("this is where people sign in")
def begin(slug: str) -> ResponseReturnValue:
    """Lead to a provider."""
    back = local_path(request.args.get("next"))
    try:
        return redirect(login.start(providers.named(slug), return_to=back), 303)
    except SignInFailed as failure:
        return failed(failure)


@blueprint.get("/sign-in/again")
@public("leads to where one signs in; somebody not signed in may just as well")
def again() -> ResponseReturnValue:
    """Have whoever is signed in prove it anew, and come back to the same page (RFC 9470)."""
    back, settings = local_path(request.args.get("next")), current_app.extensions["settings"]
    signed = g.get("signed_in")
    if not isinstance(signed, SignedIn):
        return redirect(f"/sign-in?{urlencode({'next': back})}", 303)
    try:
        address = login.start(
            providers.named(signed.provider),
            return_to=back,
            max_age_s=0 if "at_once" in request.args else settings.step_up_minutes * 60,
            acr_values=settings.step_up_acr,
        )
    except SignInFailed as failure:
        return failed(failure)
    return redirect(address, 303)


@blueprint.get("/sign-in/<slug>/callback")
@public("people come back here before they are signed in")
def come_back(slug: str) -> ResponseReturnValue:
    """Sign in whoever comes back from a provider, if they are somebody here."""
    provider = providers.named(slug)
    try:
        returned = login.finish(provider)
    except SignInFailed as failure:
        return failed(failure)
    person_id = returned.person_id or invitation.link_invited(returned.authentication)
    if person_id is None or directory.person_state(db.session(), person_id) is None:
        return render_template("sign_in/unknown.jinja", provider=provider.name), 403
    _enter(provider, returned, person_id)
    count = _count_of_choices(person_id)
    if count == 0:
        return render_template("sign_in/no_role.jinja"), 403
    if count > 1 and not session["chose_role"]:
        return redirect(f"/sign-in/role?{urlencode({'next': returned.return_to})}", 303)
    return go_on(returned.return_to)


@blueprint.get("/sign-in/role")
@requires(Permission.PROFILE_READ)
def choose_role() -> ResponseReturnValue:
    """Show what somebody with several roles may be."""
    signed = _signed_in()
    return _role_page(signed, local_path(request.args.get("next")), errors={})


@blueprint.post("/sign-in/role")
@requires(Permission.PROFILE_READ)
def take_role() -> ResponseReturnValue:
    """Act in the role that was chosen, from now on in this browser."""
    signed, back = _signed_in(), local_path(request.form.get("next"))
    chosen = request.form.get("role", "")
    offered = {one.value: one for one in _choices(signed)}
    if chosen not in offered:
        return _role_page(signed, back, errors={"role": "Choose what you are here as"}), 422
    membership = None if chosen == _AS_PATIENT else chosen
    held = {str(one.id): one.id for one in _held(signed)}
    sessions.browser().change(membership_id=held[membership] if membership else None)
    session["chose_role"] = True
    return go_on(back)


@blueprint.post("/sign-out")
@public("signing out of nothing does no harm")
def sign_out() -> ResponseReturnValue:
    """End the session here, then at the provider."""
    signed, id_token = g.get("signed_in"), session.get("id_token")
    sessions.browser().end()
    if isinstance(signed, SignedIn) and id_token and signed.provider in providers.providers():
        address = login.sign_out_url(providers.named(signed.provider), id_token)
        if address:
            return redirect(address, 303)
    return redirect("/signed-out", 303)


@blueprint.get("/signed-out")
@public("nobody is signed in any more")
def signed_out() -> ResponseReturnValue:
    """Say that it is done."""
    return render_template("sign_in/signed_out.jinja")


def init_app(app: Flask) -> None:
    """Lead a page that needs a fresh sign-in to where one signs in again, and back."""
    plain_page = app.extensions["error_page"]

    def error_page(
        status: int, slug: str, title: str, detail: str, faults: Sequence[Fault]
    ) -> AnyResponse:
        if slug == StepUpNeeded.slug:
            return redirect(f"/sign-in/again?{urlencode({'next': _this_page()})}", 303)
        page: AnyResponse = plain_page(status, slug, title, detail, faults)
        return page

    app.extensions["error_page"] = error_page


def local_path(asked: str | None) -> str:
    """Return a page of ours to go to: the one asked for, unless it would lead elsewhere."""
    plain = asked and asked.startswith("/") and asked.isprintable() and "\\" not in asked
    return asked if plain and asked and not asked.startswith("//") else "/"


def go_on(path: str) -> AnyResponse:
    """Lead on to one of our pages after a form, or to the page that gives a program leave.

    That page may lead to the program at once, and browsers hold a form to the addresses that
    its own page allowed, however many redirects later. A page in between begins afresh.
    """
    if path.startswith("/oauth/"):
        return Response(render_template("sign_in/go_on.jinja", href=path))
    return redirect(path, 303)


def failed(failure: SignInFailed) -> AnyResponse:
    """Say why a person could not be signed in, and how to begin again."""
    status = 503 if isinstance(failure, ProviderUnreachable) else 400
    return Response(render_template("sign_in/failed.jinja", what=str(failure)), status)


def _enter(provider: Provider, returned: Returned, person_id: UUID) -> None:
    """Begin the person's session. Signing in again keeps the role they had chosen."""
    before = sessions.browser().signed_in
    same = before is not None and before.person_id == person_id
    kept = before.membership_id if same and before else None
    chose = bool(same and session.get("chose_role"))
    sessions.begin(
        person_id,
        returned.authentication,
        provider=provider.slug,
        membership_id=kept,
        provider_session=returned.provider_session,
    )
    session["id_token"], session["chose_role"] = returned.id_token, chose


def _count_of_choices(person_id: UUID) -> int:
    today = clock.civil_date(clock.now())
    held = directory.memberships(db.session(), person_id, on=today)
    patient_id = directory.linked_patient(db.session(), person_id)
    return len(role_choices(held, is_patient=patient_id is not None, acting=None))


def _role_page(signed: SignedIn, back: str, *, errors: dict[str, str]) -> str:
    choices = _choices(signed)
    return render_template("sign_in/role.jinja", choices=choices, next=back, errors=errors)


def _choices(signed: SignedIn) -> tuple[Choice, ...]:
    actor = signed_in()
    if actor is None:
        return ()
    as_patient = actor.membership_id is None and Role.PATIENT in actor.roles
    return role_choices(
        _held(signed),
        is_patient=actor.patient_id is not None,
        acting=_AS_PATIENT if as_patient else str(actor.membership_id),
    )


def _held(signed: SignedIn) -> tuple[MembershipView, ...]:
    today = clock.civil_date(clock.now())
    return directory.memberships(db.session(), signed.person_id, on=today)


def _signed_in() -> SignedIn:
    found = g.get("signed_in")
    if not isinstance(found, SignedIn):
        raise NotFound("a program's token has no roles to choose from")
    return found


def _this_page() -> str:
    """Return the page being looked at; for a form that was sent, the nearest page above it."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    path, addresses = request.path, current_app.create_url_adapter(request)
    while addresses is not None and path:
        if addresses.test(path, "GET"):
            return path
        path = path.rpartition("/")[0]
    return "/"


def _start_address(provider: Provider, back: str) -> str:
    return f"/sign-in/{provider.slug}?{urlencode({'next': back})}"

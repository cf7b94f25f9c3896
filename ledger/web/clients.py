"""Programs that act for an organisation: registered, approved and closed by its steward."""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from ledger.core import authority
from ledger.core.actor import Actor, Role
from ledger.core.errors import Invalid, NotFound
from ledger.core.ids import new_id
from ledger.core.permissions import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.oauth import clients, registration
from ledger.edge.oauth.clients import RegisteredClient
from ledger.edge.once import once_form
from ledger.web import scope_words

blueprint = Blueprint("clients", __name__, url_prefix="/programs")


@dataclass(frozen=True, slots=True)
class ProgramCard:
    """One program, as a steward reads it."""

    client_id: str
    name: str
    may: tuple[str, ...]
    how: str
    returns_to: tuple[str, ...]
    fingerprint: str

    @classmethod
    def of(cls, client: RegisteredClient) -> "ProgramCard":
        """Present a client."""
        may = tuple(map(scope_words.words, sorted(client.scopes)))
        for_people = "authorization_code" in client.grant_types
        by_itself = "client_credentials" in client.grant_types
        ways = {
            (True, True): "By itself, and for people who let it",
            (True, False): "For people who let it",
            (False, True): "By itself",
        }
        way = ways.get((for_people, by_itself), "")
        sites = sorted({urlsplit(uri).netloc for uri in client.redirect_uris})
        fingerprint = registration.fingerprint(client)
        return cls(client.client_id, client.name, may, way, tuple(sites), fingerprint)


@blueprint.get("")
@requires(Permission.CLIENT_REGISTER)
def show() -> ResponseReturnValue:
    """List the programs of the steward's organisation, and offer to register one."""
    return _page({})


@blueprint.post("")
@requires(Permission.CLIENT_REGISTER)
def register() -> ResponseReturnValue:
    """Register a program; show its secret, this once."""
    name, scopes = request.form.get("name", "").strip(), request.form.getlist("scopes")
    if not name:
        return _page({"name": "Enter what people call the program"}), 422
    if not scopes:
        return _page({"scopes": "Choose what the program may do"}, name), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            client_id, secret = clients.register(
                work, name=name, organisation_id=_organisation_id(), scopes=scopes
            )
    except Invalid as error:
        return _page({"name": error.detail[:1].upper() + error.detail[1:]}, name), 422
    return render_template(
        "sign_in/program.jinja", name=name, client_id=client_id, secret=secret
    ), 201


@blueprint.post("/<uuid:client_id>/close")
@requires(Permission.CLIENT_REGISTER)
def close(client_id: UUID) -> ResponseReturnValue:
    """End a program's registration."""
    known = clients.find(str(client_id))
    if known is None or known.organisation_id != _organisation_id():
        raise NotFound("no such program of your organisation")
    with unit_of_work(current_actor()) as work:
        clients.close(work, client_id)
    flash(f"{known.name} gets no more tokens, and those it has have ended.", "success")
    return redirect("/programs", 303)


@blueprint.post("/<uuid:client_id>/approve")
@requires(Permission.CLIENT_REGISTER)
def approve(client_id: UUID) -> ResponseReturnValue:
    """Let a program that registered itself do what it asked for."""
    with unit_of_work(current_actor()) as work:
        known = registration.approve(
            work,
            client_id=client_id,
            organisation_id=_organisation_id(),
            read=request.form.get("read", ""),
        )
    flash(f"{known.name} may act for your organisation now.", "success")
    return redirect("/programs", 303)


@blueprint.post("/<uuid:client_id>/refuse")
@requires(Permission.CLIENT_REGISTER)
def refuse(client_id: UUID) -> ResponseReturnValue:
    """Forget a program that registered itself."""
    with unit_of_work(current_actor()) as work:
        registration.refuse(work, client_id=client_id, organisation_id=_organisation_id())
    flash("That program was refused, and is forgotten.", "success")
    return redirect("/programs", 303)


def _organisation_id() -> UUID:
    found = current_actor().organisation_id
    if found is None:
        raise NotFound("you act for no organisation")
    return found


def _offered() -> list[Permission]:
    """Return what policy lets a program do by itself: more scopes would be of no use to it."""
    policy, program = authority.in_force(), Actor.client(new_id(), roles=frozenset({Role.SERVICE}))
    useful = (one for one in Permission if authority.could_ever(policy, program, one))
    return [one for one in useful if one is not Permission.PROFILE_READ]


def _page(errors: dict[str, str], name: str = "") -> str:
    mine = [one for one in clients.registered() if one.organisation_id == _organisation_id()]
    return render_template(
        "sign_in/programs.jinja",
        programs=[ProgramCard.of(one) for one in mine],
        waiting=[ProgramCard.of(one) for one in registration.waiting(_organisation_id())],
        scopes=[(one, scope_words.words(one)) for one in _offered()],
        name=name,
        errors=errors,
    )

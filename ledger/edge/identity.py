"""Who is asking: found before each request, from a browser's session or an access token.

A session says who signed in and which of their roles they chose; what that makes them is the
directory's to say, anew for each request. A token says which program asks, for which
organisation or on behalf of which person, and narrows what it may be used for. A token that
is not good is refused even where nobody would have asked for one.

What they signed in by narrows both: a provider that is bound to organisations or to patients
opens no other door (`Door`), and a weak sign-in leaves permissions out (`assurance`).
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, Response, current_app, flash, g, request
from flask.typing import ResponseReturnValue

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.authority import StrongerSignInNeeded
from ledger.core.db import db
from ledger.core.errors import NotAuthenticated, NotFound
from ledger.directory import queries as directory
from ledger.directory.acting.rules import NoActing
from ledger.edge import acting_for, assurance, doors, headers, login, providers, sessions
from ledger.edge.assurance import Need
from ledger.edge.oauth import presented, resources
from ledger.edge.oauth.issuing import issuer
from ledger.edge.oauth.tokens import AccessToken, InvalidToken
from ledger.edge.sessions import Authentication, SignedIn

_NOBODYS: Final = ("/static/", "/healthz", "/readyz", "/metrics")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How whoever is asking proved who they are: what a signature keeps as evidence.

    Attributes:
        iss, sub, acr, amr, auth_time: As the provider's token says; `auth_time` in seconds
            since 1970.
        token_id: The ``jti`` of that token, if it has one.
        session_id: The browser's session, or the grant of the program's token.
    """

    iss: str
    sub: str
    acr: str | None
    amr: tuple[str, ...]
    auth_time: int
    token_id: str | None
    session_id: UUID
    user_agent: str


class StepUpNeeded(NotAuthenticated):
    """The sign-in is too long ago, or not strong enough, for this (RFC 9470)."""

    slug = "insufficient-user-authentication"
    title = "Sign in again to do this"

    def __init__(self, need: Need, *, max_age_s: int | None, acr_values: str) -> None:
        super().__init__("this needs a recent sign-in; sign in again, and you come back here")
        self.need = g.step_up = need
        age = "" if max_age_s is None else f", max_age={max_age_s}"
        level = f', acr_values="{acr_values}"' if acr_values else ""
        self.challenge = (
            'Bearer realm="care-ledger", error="insufficient_user_authentication", '
            f'error_description="a more recent or stronger sign-in is needed"{age}{level}'
        )


def current_sign_in() -> SignIn:
    """Return how whoever is asking signed in.

    Raises:
        NotAuthenticated: nobody is signed in, or a program asks for no person.
    """
    proof, session_id = _proof()
    return SignIn(
        iss=proof.iss,
        sub=proof.sub,
        acr=proof.acr,
        amr=proof.amr,
        auth_time=proof.auth_time,
        token_id=proof.token_id,
        session_id=session_id,
        user_agent=request.headers.get("User-Agent", "")[: sessions.USER_AGENT_LENGTH_MAX],
    )


def require_step_up() -> SignIn:
    """Return how whoever is asking signed in, if that was recent and strong enough to sign.

    Raises:
        StepUpNeeded: it was not. A page then leads to signing in again, and back.
        NotAuthenticated: see `current_sign_in`.
    """
    settings, found = current_app.extensions["settings"], current_sign_in()
    max_age = timedelta(minutes=settings.step_up_minutes)
    recent = is_enough(
        found, now_s=clock.now().timestamp(), max_age=max_age, acr=settings.step_up_acr
    )
    if not recent or not assurance.suffices(_proof()[0], Need.SIGNING):
        raise _step_up(Need.SIGNING)
    return found


def require_recent() -> None:
    """Let only somebody go on who has just signed in: about how they sign in from now on.

    Raises:
        StepUpNeeded: it was too long ago.
        NotAuthenticated: see `current_sign_in`.
    """
    max_age = timedelta(minutes=current_app.extensions["settings"].step_up_minutes)
    if not is_enough(_proof()[0], now_s=clock.now().timestamp(), max_age=max_age, acr=""):
        raise StepUpNeeded(Need.ANY, max_age_s=int(max_age.total_seconds()), acr_values="")


def _step_up(need: Need) -> StepUpNeeded:
    """Return what to answer somebody whose sign-in is not enough for *need*."""
    settings = current_app.extensions["settings"]
    provider = providers.of_issuer(_proof()[0].provider)
    words = login.words_for(provider, need) if provider else ()
    max_age_s = settings.step_up_minutes * 60 if need is Need.SIGNING else None
    return StepUpNeeded(need, max_age_s=max_age_s, acr_values=" ".join(words))


def _proof() -> tuple[Authentication, UUID]:
    """Return how whoever is asking signed in, and the session or grant it is kept in."""
    signed, token = g.get("signed_in"), g.get("token")
    if isinstance(signed, SignedIn):
        return signed.authentication, signed.session_id
    if isinstance(token, AccessToken) and token.authentication is not None:
        return token.authentication, token.grant_id
    raise NotAuthenticated("this needs a person who has signed in; a program cannot do it")


def is_enough(
    proof: SignIn | Authentication, *, now_s: float, max_age: timedelta, acr: str
) -> bool:
    """Say whether a sign-in is at most *max_age* old and of one of the levels of *acr*."""
    recent = now_s - proof.auth_time <= max_age.total_seconds()
    return recent and (not acr or proof.acr in acr.split())


def init_app(app: Flask) -> None:
    """Find out who is asking before each request."""
    app.before_request(identify)

    @app.errorhandler(StrongerSignInNeeded)
    def say_how(error: StrongerSignInNeeded) -> ResponseReturnValue:
        as_patient = Role.PATIENT in g.actor.roles
        need = assurance.needs(error.permission, as_patient=as_patient)
        try:
            asked: NotAuthenticated = _step_up(need)
        except NotAuthenticated as nobody:  # A token that says nothing of how its giver signed in.
            asked = nobody
        return app.handle_user_exception(asked)

    @app.after_request
    def say_where_tokens_come_from(response: Response) -> Response:
        challenge = response.headers.get("WWW-Authenticate", "")
        if response.status_code == 401 and challenge.startswith(("Bearer", "DPoP")):  # noqa: PLR2004
            about = f"{issuer()}/.well-known/oauth-protected-resource{_interface()}"
            challenge = presented.in_its_scheme(challenge)
            response.headers["WWW-Authenticate"] = f'{challenge}, resource_metadata="{about}"'
            if "error=" not in challenge:  # Nothing was sent yet: this is the other way.
                response.headers.add("WWW-Authenticate", presented.CHALLENGE)
        return response


def identify() -> None:
    """Put who is asking on ``flask.g``: ``actor``, and ``signed_in`` or ``token``."""
    if request.path.startswith(_NOBODYS):
        return
    if presented.is_sent():
        if not request.path.startswith("/oauth/"):  # Those addresses check what they are sent.
            _by_token()
    else:
        _by_session()


def _by_session() -> None:
    signed = sessions.browser().signed_in
    if signed is None:
        return
    try:
        actor = directory.actor_for(
            db.session(), signed.person_id, signed.membership_id, door=doors.of_session(signed)
        )
    except NotFound:  # They were erased while signed in.
        sessions.browser().end()
        return
    if doors.of_session(signed).as_patient:  # A sign-in for staff opens nobody's record.
        actor = _as_chosen(actor)
    left_out = assurance.unproven(signed.authentication, actor.roles)
    g.actor, g.signed_in = replace(actor, unproven=left_out), signed
    provider = signed.authentication.iss
    if provider != issuer():  # Signing out leads there, from a form on every page.
        address = urlsplit(provider)
        headers.allow_form_target(f"{address.scheme}://{address.netloc}")


def _by_token() -> None:
    token = presented.read(issuer())
    if not resources.covers(token.audience, issuer(), request.path):
        raise InvalidToken("the token is for another interface; ask for this one as resource")
    actor, header = actor_of(token), request.headers.get(acting_for.HEADER)
    if header is not None:
        if not doors.of_token(token.authentication).as_patient:
            raise NoActing("this sign-in opens nobody's record")
        actor = acting_for.asked(actor, header, clock.now())
    g.actor, g.token = actor, token


def _as_chosen(actor: Actor) -> Actor:
    """Return who a person is in this session: themselves, or acting for whom they chose.

    A choice whose power is over is forgotten, and the page says so.
    """
    chosen = sessions.browser().get(acting_for.CHOSEN)
    if chosen is None:
        return acting_for.or_nobody_yet(actor)
    found = acting_for.as_proxy(actor, UUID(chosen), clock.now())
    if found is None:
        del sessions.browser()[acting_for.CHOSEN]
        flash("You act for yourself again: the other person’s record is not open to you now.")
        return acting_for.or_nobody_yet(actor)
    return found


def actor_of(token: AccessToken) -> Actor:
    """Return whom a good token makes of its holder.

    Raises:
        InvalidToken: it is on behalf of a person who is not here any more, or has not any
            more the role they gave it in: another of theirs was never given.
    """
    client_id = UUID(token.client_id)
    if token.person_id is None:
        return Actor.client(
            client_id,
            roles=token.roles,
            organisation_id=token.organisation_id,
            scopes=token.scopes,
        )
    proof = token.authentication
    try:
        person = directory.actor_for(
            db.session(), token.person_id, token.membership_id, door=doors.of_token(proof)
        )
    except NotFound as error:
        raise InvalidToken("the person it was given by is not here any more") from error
    if person.membership_id != token.membership_id:  # Given as a patient, it makes no one staff.
        raise InvalidToken("the role it was given in is over; ask the person again")
    behalf = person.ref
    client = Actor.client(client_id)
    return replace(
        person,
        kind=client.kind,
        key=client.key,
        on_behalf_of=behalf,
        scopes=token.scopes,
        unproven=assurance.unproven(proof, person.roles) if proof else assurance.ALL,
    )


def _interface() -> str:
    at = (one for one in resources.INTERFACES if request.path.startswith(one + "/"))
    return next(at, "")

"""Signing in through an OpenID provider: there, and back.

Authlib runs the protocol: authorization code, PKCE S256, state and nonce. What is added here:
the issuer is compared in the provider's metadata and in its answer (RFC 9207), the ID token
must name us in ``aud``, carry an asymmetric signature, be an ID token, and match its access
token, ``max_age`` is held to, the clock is the service's, and whatever goes wrong is one
sentence for the person, never a stack trace.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.oidc.core import CodeIDToken
from authlib.oidc.core.util import create_half_hash
from flask import current_app, request, session
from joserfc import jws
from joserfc.errors import JoseError

from ledger.core import clock
from ledger.edge import assurance, provider_links
from ledger.edge.assurance import Need
from ledger.edge.oauth.issuing import issuer
from ledger.edge.providers import Provider
from ledger.edge.relying import client_of, metadata_of
from ledger.edge.sessions import Authentication
from ledger.setting_values import LEVELS

log: structlog.stdlib.BoundLogger = structlog.get_logger("ledger.login")

_CLOCKS_DIFFER_S: Final = 60
_BEGUN_MAX: Final = 5
_WORD_LENGTH_MAX: Final = 120


class SignInFailed(Exception):
    """A person could not be signed in; its sentence is for them."""


class ProviderUnreachable(SignInFailed):
    """The provider did not answer, or not as a provider does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Somebody who came back from a provider.

    Attributes:
        person_id: Who it is; None if no person here has that account.
        need: What they were sent there to prove enough for.
        claims: All that the provider says of them.
        return_to: The page they wanted.
        id_token: What the provider said, to be shown to it when they sign out.
        provider_session: What the provider calls their session there.
    """

    person_id: UUID | None
    authentication: Authentication
    need: Need
    claims: Mapping[str, Any]
    return_to: str
    id_token: str
    provider_session: str | None


class _IDToken(CodeIDToken):  # type: ignore[misc]  # Authlib has no types.
    """An ID token, judged by the service's clock."""

    def validate(self, now: float | None = None, leeway: int = 0) -> None:
        super().validate(now=int(clock.now().timestamp()), leeway=_CLOCKS_DIFFER_S)


def start(
    provider: Provider,
    *,
    return_to: str,
    max_age_s: int | None = None,
    need: Need = Need.ANY,
    hints: Mapping[str, str] | None = None,
) -> str:
    """Return the provider's address at which a person signs in, to come back to *return_to*.

    *hints* are what a program asked us to ask: ``login_hint``, and ``acr_values`` where we need
    no level ourselves.

    Raises:
        ProviderUnreachable: nothing could be learned about it.
    """
    client, redirect_uri = client_of(provider), issuer() + provider.callback
    level = {name: value for name, value in _asked_level(provider, need).items() if value}
    hinted = {
        name: value
        for name, value in (hints or {}).items()
        if name in ("login_hint", provider.level_asked_as)
    }
    asked = {"max_age": max_age_s, **hinted, **level}
    try:
        metadata_of(provider)
        made = client.create_authorization_url(
            redirect_uri, **{name: value for name, value in asked.items() if value is not None}
        )
    except (AuthlibBaseError, requests.RequestException, KeyError, ValueError) as error:
        raise _unreachable(provider, error) from error
    _keep_few(client)
    client.save_authorize_data(
        redirect_uri=redirect_uri, return_to=return_to, max_age_s=max_age_s, need=need, **made
    )
    return str(made["url"])


def words_for(provider: Provider, need: Need) -> tuple[str, ...]:
    """Return the words by which *provider* is asked for a sign-in that is enough for *need*."""
    signing: str = current_app.extensions["settings"].step_up_acr
    if need is Need.SIGNING and signing:
        return tuple(signing.split())
    wanted = assurance.asked(need)
    return provider.words_for(wanted) if wanted != LEVELS[0] else ()


def finish(provider: Provider) -> Returned:
    """Return who came back from a provider, in the request to its call-back address.

    Raises:
        SignInFailed: the answer is forged, was used before, or says no.
        ProviderUnreachable: the provider did not exchange its code.
    """
    client, state = client_of(provider), request.args.get("state", "")
    asked = client.framework.get_state_data(session, state)
    if asked is None:
        raise SignInFailed(
            "This answer belongs to no sign-in that was begun in this browser, or was used "
            "already. Begin again."
        )
    try:
        _check_issuer(provider, metadata_of(provider))
        if request.args.get("error"):
            client.framework.clear_state_data(session, state)
            raise _refused(provider, request.args["error"])
        token = client.authorize_access_token(claims_cls=_IDToken, claims_options=_claims(provider))
        claims = token["userinfo"]
        _check_token(claims, token)
        _check_age(claims, asked.get("max_age_s"))
        said = {**_userinfo(provider, client, token, claims["sub"]), **claims}
        authentication = _authentication(provider, claims)
        person_id = provider_links.who(provider, claims["sub"])
    except requests.RequestException as error:
        raise _unreachable(provider, error) from error
    except (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError) as error:
        log.warning("sign-in failed", provider=provider.slug, why=type(error).__name__)
        raise SignInFailed(
            "The provider's answer could not be checked, so you are not signed in. Begin again."
        ) from error
    return Returned(
        person_id=person_id,
        authentication=authentication,
        need=Need(asked.get("need", Need.ANY)),
        claims=said,
        return_to=asked["return_to"],
        id_token=token["id_token"],
        provider_session=str(claims["sid"])[:255] if "sid" in claims else None,
    )


def sign_out_url(provider: Provider, id_token: str) -> str | None:
    """Return where a person signs out of the provider, if it has such a place."""
    try:
        made = client_of(provider).create_logout_url(
            post_logout_redirect_uri=f"{issuer()}/signed-out",
            id_token_hint=id_token,
            client_id=provider.client_id,
        )
    except (AuthlibBaseError, requests.RequestException, RuntimeError, ValueError):
        return None
    return str(made["url"])


def _asked_level(provider: Provider, need: Need) -> dict[str, str | None]:
    words = words_for(provider, need)
    if provider.level_asked_as == "vtr":
        words = words or tuple(provider.acr_values.split())
        return {"vtr": orjson.dumps(words).decode() if words else None}
    return {"acr_values": " ".join(words) or provider.acr_values or None}


def _authentication(provider: Provider, claims: Mapping[str, Any]) -> Authentication:
    word, jti = claims.get(provider.level_claim), claims.get("jti")
    # Where it is not said, it was at no time that counts: `iat` is when the token was made, maybe
    # of a sign-in of this morning. Asked for by `max_age`, it has to be said (OpenID Core, 2).
    auth_time, amr = claims.get("auth_time", 0), claims.get("amr") or []
    if not 0 <= auth_time <= clock.now().timestamp() + _CLOCKS_DIFFER_S:
        raise ValueError("auth_time is no time, or is yet to come")
    if not isinstance(amr, list) or not all(isinstance(one, str) for one in amr):
        raise ValueError("amr is no list of words")
    return Authentication(
        iss=claims["iss"],
        sub=claims["sub"],
        acr=word[:_WORD_LENGTH_MAX] if isinstance(word, str) else None,
        amr=tuple(amr),
        auth_time=int(auth_time),
        token_id=jti if isinstance(jti, str) else None,
    )


def _claims(provider: Provider) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
        **{name: {"essential": True} for name in ("sub", "exp", "iat", "nonce")},
    }


def _check_issuer(provider: Provider, metadata: dict[str, Any]) -> None:
    """Refuse an answer that another provider sent (RFC 9207, mix-up)."""
    always = metadata.get("authorization_response_iss_parameter_supported", False)
    if request.args.get("iss", None if always else provider.issuer) != provider.issuer:
        raise ValueError("the answer is of another issuer")


def _check_token(claims: Mapping[str, Any], token: Mapping[str, Any]) -> None:
    """Refuse a token of another sort, and an access token that was swapped.

    Authlib leaves the second to a class of its own.
    """
    header = jws.extract_compact(token["id_token"].encode()).headers()
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise ValueError("this is a token of another sort")
    expected = create_half_hash(token["access_token"], header["alg"])
    if "at_hash" in claims and expected and claims["at_hash"] != expected.decode():
        raise ValueError("the ID token is of another access token")


def _check_age(claims: Mapping[str, Any], max_age_s: int | None) -> None:
    if max_age_s is None:
        return
    age_s = clock.now().timestamp() - claims["auth_time"]
    if age_s > max_age_s + _CLOCKS_DIFFER_S:
        raise ValueError("the provider let an old sign-in count")


def _userinfo(provider: Provider, client: Any, token: Any, sub: str) -> dict[str, Any]:
    if not provider.userinfo:
        return {}
    said = dict(client.userinfo(token=token))
    if said.get("sub") != sub:
        raise ValueError("the userinfo is of somebody else")
    return said


def _keep_few(client: Any) -> None:
    """Forget the oldest sign-ins that were begun in this browser and never finished."""
    begun = [name for name in session if name.startswith(f"_state_{client.name}_")]
    for name in sorted(begun, key=lambda name: float(session[name]["exp"]))[: 1 - _BEGUN_MAX]:
        del session[name]


def _refused(provider: Provider, error: str) -> SignInFailed:
    log.info("sign-in refused", provider=provider.slug)
    if error == "access_denied":
        return SignInFailed("You said no, or the provider did. You are not signed in.")
    return SignInFailed("The provider could not sign you in. Begin again.")


def _unreachable(provider: Provider, error: Exception) -> ProviderUnreachable:
    log.error("provider unreachable", provider=provider.slug, why=type(error).__name__)
    return ProviderUnreachable(
        f"We cannot reach {provider.name} just now. Try again in a few minutes."
    )

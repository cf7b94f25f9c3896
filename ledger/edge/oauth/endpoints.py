"""The authorization server's addresses for programs; the page for people is in `ledger.web`."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.directory import queries as directory
from ledger.edge.guard import public
from ledger.edge.oauth import metadata, presented, pushed, resources, tokens
from ledger.edge.oauth.client_rules import AUTH_METHODS
from ledger.edge.oauth.issuing import prove_sender
from ledger.edge.oauth.keys import keyrings
from ledger.edge.oauth.server import issuer, server

blueprint = Blueprint("oauth", __name__)


@blueprint.get("/.well-known/oauth-authorization-server")
@blueprint.get("/.well-known/openid-configuration")
@public("a program that finds the authorization server has no token yet")
def about_server() -> ResponseReturnValue:
    """Say what the authorization server can do."""
    return _for_a_while(jsonify(metadata.authorization_server(issuer())))


@blueprint.get("/.well-known/oauth-protected-resource")
@blueprint.get("/.well-known/oauth-protected-resource/<path:interface>")
@public("a program that was answered 401 learns here where tokens come from")
def about_resource(interface: str = "") -> ResponseReturnValue:
    """Say which authorization server gives tokens for this service, or an interface of it."""
    path = f"/{interface}" if interface else ""
    if path and path not in resources.INTERFACES:
        raise NotFound("no interface of this service is at that address")
    return _for_a_while(jsonify(metadata.protected_resource(issuer(), path)))


@blueprint.get("/oauth/jwks")
@public("public keys, by which anybody checks a signature")
def jwks() -> ResponseReturnValue:
    """Publish the keys that sign tokens."""
    return _for_a_while(jsonify(keyrings().now().published()))


@blueprint.post("/oauth/token")
@public("the client authenticates in the request itself")
def token() -> ResponseReturnValue:
    """Exchange a code, a refresh token or a client's own proof for tokens."""
    return _answered(server().create_token_response)


@blueprint.post("/oauth/par")
@public("the client authenticates in the request itself")
def push() -> ResponseReturnValue:
    """Keep what a client is going to ask of a person (RFC 9126)."""
    return _answered(_pushed)


@blueprint.post("/oauth/introspect")
@public("the client authenticates in the request itself")
def introspect() -> ResponseReturnValue:
    """Say whether a token of the client's is good, and what for."""
    return _answered(lambda: server().create_endpoint_response("introspection"))


@blueprint.post("/oauth/revoke")
@public("the client authenticates in the request itself")
def revoke() -> ResponseReturnValue:
    """Take a token of the client's back, and all that came of the same grant."""
    return _answered(lambda: server().create_endpoint_response("revocation"))


@blueprint.route(resources.USERINFO, methods=["GET", "POST"])
@public("answers only to an access token with the scope openid, and checks it here")
def userinfo() -> ResponseReturnValue:
    """Say who the person is for whom the access token was given."""
    given = presented.read(issuer())
    person_id, path = given.person_id, resources.USERINFO
    for_us = resources.covers(given.audience, issuer(), path) and "openid" in given.scopes
    if person_id is None or not for_us:
        raise tokens.InvalidToken("the access token is not for this; ask for the scope openid")
    claims = {"sub": str(person_id)}
    if "profile" in given.scopes:
        name = directory.person_names(db.session(), [person_id]).get(person_id)
        claims |= {"name": name} if name else {}
    return jsonify(claims)


def _pushed() -> Response:
    """Check a pushed request as if a person had brought it, and keep it."""
    running = server()
    try:
        prove_sender()
        asked = running.create_oauth2_request(request)
        client = running.authenticate_client(asked, list(AUTH_METHODS), endpoint="par")
        if request.form.get("client_id", client.client_id) != client.client_id:
            raise InvalidRequestError("client_id is not the client that authenticated")
        asked_for = MultiDict([*request.form.items(multi=True)])
        asked_for["client_id"] = client.client_id
        if "request_uri" in asked_for:
            raise InvalidRequestError("request_uri is what is given here, not what is sent")
        if asked_for.get("dpop_jkt", g.proven_jkt) != (g.proven_jkt or asked_for.get("dpop_jkt")):
            raise InvalidRequestError("dpop_jkt is another key than that of the proof")
        g.asked_of_person = asked_for
        grant = running.get_authorization_grant(asked)
        grant.validate_authorization_request()
    except OAuth2Error as error:
        error.redirect_uri = None  # The client reads this itself; nobody is sent anywhere.
        return running.handle_error_response(None, error)  # type: ignore[no-any-return]
    uri = pushed.keep(client.client_id, asked_for, jkt=g.proven_jkt)
    body = {"request_uri": uri, "expires_in": int(pushed.LASTS.total_seconds())}
    answer = jsonify(body)
    answer.status_code = 201
    return answer


def _answered(answer: Callable[[], Response]) -> Response:
    try:
        _check_shape()
    except OAuth2Error as error:
        return server().handle_error_response(None, error)  # type: ignore[no-any-return]
    return answer()


def _check_shape() -> None:
    """Refuse what Authlib would trip over, or would let pass: see RFC 6749, 2.3 and 3.2."""
    if request.args:
        raise InvalidRequestError("send parameters in the body, not in the address")
    for name, values in request.form.lists():
        if len(values) > 1 and name != "resource":
            raise InvalidRequestError("a parameter was sent twice")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return
    if "client_secret" in request.form or "client_assertion" in request.form:
        raise InvalidRequestError("authenticate in one way, not in two")
    try:
        b64decode(given, validate=True).decode()
    except (NotBase64, UnicodeDecodeError, ValueError) as error:
        why = "the Authorization header must be Basic, with base64 of client_id:client_secret"
        raise InvalidClientError(why, status_code=401) from error


def _for_a_while(response: Response) -> Response:
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response

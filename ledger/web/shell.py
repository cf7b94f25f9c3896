"""What every page stands in: the template loader, the words around it, and its assets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flask import Blueprint, Flask, Response, abort, current_app, g, request, session
from flask.typing import ResponseReturnValue
from flask_babel import Babel, format_date, format_datetime
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import ChainableUndefined, ChoiceLoader, FileSystemLoader, PackageLoader

from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.money import format_minor
from ledger.directory import queries as directory
from ledger.edge import headers
from ledger.edge.guard import public, signed_in
from ledger.edge.once import once_token
from ledger.web.assets import OURS, asset_url, assets
from ledger.web.navigation import Link, acting_as, links

SERVICE_NAME: Final = "Care Ledger"

blueprint = Blueprint("shell", __name__)
csrf: Final = CSRFProtect()

_FORGED: Final = (
    "what comes with a cookie needs a form's token in the X-CSRFToken header; programs send an "
    "access token, and no cookie"
)
FOR_PROGRAMS: Final = (
    "/api/",
    "/access/",
    "/fhir/",
    "/log/",
    "/back-channel-logout/",
    "/oauth/token",
    "/oauth/par",
    "/oauth/register",
    "/oauth/introspect",
    "/oauth/revoke",
    "/oauth/userinfo",
    "/metrics",
)
"""Called by programs, which bring a token and no cookie: no form, so no form's token."""

CHECKED_THERE: Final = ("/oauth/authorize", "/oauth/end-session")
"""Forms come there from other sites too, which change nothing; ours are told apart there."""

_FOOTER: Final = (
    Link("Check the log yourself", "/about/checking"),
    Link("Accessibility", "/about/accessibility"),
    Link("Privacy", "/about/privacy"),
    Link("For developers", "/api/docs"),
)


@dataclass(frozen=True, slots=True)
class PageShell:
    """What stands around every page. Templates get this as ``shell``."""

    demonstration: bool
    signed_in: bool
    acting_as: str
    navigation: tuple[Link, ...]
    footer: tuple[Link, ...] = _FOOTER
    sign_in_href: str = "/sign-in"
    sign_out_href: str = "/sign-out"
    switch_href: str | None = None
    acting_for: str | None = None


def page_shell() -> PageShell:
    """Return what stands around a page for whoever is asking.

    A page about our own failure asks the database nothing: it may be what failed.
    """
    actor = None if g.get("without_database") else signed_in()
    return PageShell(
        demonstration=current_app.extensions["settings"].demonstration,
        signed_in=actor is not None,
        acting_as=_acting_as(actor) if actor else "",
        navigation=tuple(links(actor)),
        switch_href="/sign-in/role" if actor and session.get("chose_role") else None,
        acting_for=_acting_for(actor) if actor and actor.proxy_for else None,
    )


def _acting_for(actor: Actor) -> str:
    """Say for whom somebody acts: on every page, so that nobody forgets."""
    found = directory.patient_identities(db.session(), actor.proxy_for)
    return ", ".join(one.name if one else "somebody whose name is erased" for one in found.values())


def _acting_as(actor: Actor) -> str:
    """Say in which role, and for whom."""
    words = acting_as(actor)
    if actor.organisation_id is None:
        return words
    found = directory.organisations(db.session(), {actor.organisation_id})
    return ", ".join([words, *(one.name for one in found.values())])


def day(value: date) -> str:
    """Say a civil day in full: 3 October 2026."""
    return str(format_date(value, "d MMMM y"))


def moment(value: datetime) -> str:
    """Say a moment in the service's time zone, to the minute: 3 October 2026, 10:42."""
    return str(format_datetime(value, "d MMMM y, HH:mm"))


@blueprint.get("/static/<name>")
@public("style sheets and scripts, which are the same for everybody")
def static(name: str) -> ResponseReturnValue:
    """Send an asset; for a year, when asked for by its digest."""
    asset = assets().get(name)
    if asset is None:
        abort(404)
    response = Response(asset.body, content_type=asset.mime_type)
    response.set_etag(asset.digest)
    asked_by_digest = request.args.get("v") == asset.digest
    age = "max-age=31536000, immutable" if asked_by_digest else "max-age=300"
    response.headers["Cache-Control"] = f"public, {age}"
    return response.make_conditional(request)


def init_app(app: Flask) -> None:
    """Install the loader, the filters, the shell's words and the CSRF check.

    Raises:
        AssetsMissing: a package of ``requirements-assets.lock`` is not installed.
    """
    assets()  # So that a missing style sheet stops the start, and not the first page.
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(OURS.parent / "templates"),
            PackageLoader("nhsuk_frontend_jinja"),
        ]
    )
    # The library's templates ask for members that are not there; ours end in .jinja, which
    # Flask would not escape by itself.
    app.jinja_options = {
        "undefined": ChainableUndefined,
        "autoescape": True,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    settings = app.extensions["settings"]
    Babel(app, default_locale="en_GB", default_timezone=str(settings.time_zone))
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # As long as the sign-in.
    csrf.init_app(app)
    app.jinja_env.filters.update(day=day, moment=moment, money=format_minor)
    app.jinja_env.globals.update(asset_url=asset_url, once_token=once_token)
    app.register_blueprint(blueprint)

    @app.context_processor
    def words() -> dict[str, Any]:
        return {"service_name": SERVICE_NAME, "cspNonce": headers.nonce(), "shell": page_shell()}

    @app.before_request
    def no_forged_forms() -> None:
        on = app.config["WTF_CSRF_ENABLED"]  # Tests of something else turn it off.
        if on and _came_from_a_browser(request.environ, request.path):
            try:
                csrf.protect()
            except CSRFError:
                if request.path.startswith(FOR_PROGRAMS):  # Whatever asks here reads problems.
                    abort(400, _FORGED)
                raise


def _came_from_a_browser(environ: Mapping[str, Any], path: str) -> bool:
    """Say whether a browser might have been tricked into sending this on somebody's behalf."""
    if path in CHECKED_THERE:
        return False
    if not path.startswith(FOR_PROGRAMS):
        return True
    return "HTTP_COOKIE" in environ and "HTTP_AUTHORIZATION" not in environ

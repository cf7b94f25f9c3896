"""Security headers: what a browser may do with our pages is very little.

Scripts and styles come from us alone; the one inline script of a page carries the request's
nonce. No page may be framed, and a link elsewhere says nothing of where it was.
"""

import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, request

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_ALWAYS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),  # Forms are checked by it; others are told nothing.
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cache-Control", "no-store"),  # Answers are somebody's own; assets say otherwise themselves.
)
_SECURE: Final = (
    *_ALWAYS,
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
)
_NO_PAGE: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_NONCE: Final = "ledger.csp_nonce"
_TARGETS: Final = "ledger.csp_form_targets"
_ADDED: Final = "ledger.headers"


def nonce() -> str:
    """Return this request's nonce, for the ``nonce`` attribute of an inline script."""
    environ = request.environ
    if _NONCE not in environ:
        environ[_NONCE] = secrets.token_urlsafe(16)
    made: str = environ[_NONCE]
    return made


def allow_form_target(origin: str) -> None:
    """Let a form on this page lead to another origin: a sign-in that sends the browser back."""
    request.environ.setdefault(_TARGETS, []).append(origin)


def add_header(name: str, value: str) -> None:
    """Have a header on this request's answer, whoever makes it."""
    request.environ.setdefault(_ADDED, []).append((name, value))


def _policy(environ: "WSGIEnvironment") -> str:
    """Return the policy of a page; of what is no page, one that allows nothing."""
    made = environ.get(_NONCE)
    if made is None:
        return _NO_PAGE
    targets = " ".join(["'self'", *environ.get(_TARGETS, ())])
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{made}'; style-src 'self'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        f"form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )


def init_app(app: Flask) -> None:
    """Add the headers to each answer, errors too.

    They are added as the answer starts, to the plain list that the server takes: through the
    response object they would cost ten times as much, at each request.
    """
    application = app.wsgi_app

    def with_headers(
        environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            given = {name.lower() for name, _ in headers}
            secure = environ.get("wsgi.url_scheme") == "https"
            for name, value in _SECURE if secure else _ALWAYS:
                if name.lower() not in given:
                    headers.append((name, value))
            if "content-security-policy" not in given:
                headers.append(("Content-Security-Policy", _policy(environ)))
            headers += environ.get(_ADDED, ())
            return start_response(status, headers, exc_info)

        return application(environ, start)

    app.wsgi_app = with_headers  # type: ignore[method-assign]

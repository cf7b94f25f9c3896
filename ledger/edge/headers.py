"""Security headers: what a browser may do with our pages is very little.

Scripts and styles come from us alone; the one inline script of a page carries the request's
nonce. No page may be framed, and a link elsewhere says nothing of where it was.
"""

import secrets
from typing import Final

from flask import Flask, Response, g, request

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # Forms are checked by it; others are told nothing.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HSTS: Final = "max-age=31536000; includeSubDomains"


def nonce() -> str:
    """Return this request's nonce, for the ``nonce`` attribute of an inline script."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    made: str = g.csp_nonce
    return made


def _policy() -> str:
    scripts = f" 'nonce-{g.csp_nonce}'" if "csp_nonce" in g else ""
    form_targets = " ".join(["'self'", *g.get("csp_form_targets", ())])
    return (
        f"default-src 'none'; script-src 'self'{scripts}; style-src 'self'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        f"form-action {form_targets}; base-uri 'none'; frame-ancestors 'none'"
    )


def allow_form_target(origin: str) -> None:
    """Let a form on this page lead to another origin: a sign-in that sends the browser back."""
    g.csp_form_targets = (*g.get("csp_form_targets", ()), origin)


def init_app(app: Flask) -> None:
    """Add the headers to each answer, errors too."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", _policy())
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", _HSTS)
        # Answers are somebody's own; assets say otherwise themselves.
        response.headers.setdefault("Cache-Control", "no-store")
        return response

"""Errors as pages: in plain words, what went wrong and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import Flask, Response, g, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response as AnyResponse

from ledger.core.errors import Fault
from ledger.edge.requests import request_id

_HEADINGS: Final = {
    400: "We could not read that",
    401: "Sign in first",
    403: "You may not do this",
    404: "Page not found",
    405: "This page cannot be used like that",
    409: "This clashes with what is already recorded",
    412: "This has changed since you looked at it",
    413: "That was too large",
    422: "Something needs to be put right",
    429: "Please wait a moment",
    500: "Sorry, something went wrong",
    503: "Sorry, we are not ready yet",
}

_NEXT: Final = {
    400: "Go back, open the page again and try once more.",
    401: "Sign in, then open the page again.",
    403: "If you have another role, change to it. If you should be able to do this, "
    "ask the person who runs the service for your organisation.",
    404: "Check the address. If you followed a link, what it led to may not be yours to see.",
    409: "Go back and open the page again to see what is recorded now.",
    412: "Go back, open the page again, and make your change to the latest version.",
    413: "Send a smaller file, or send it in parts.",
    422: "Go back, change what is named here and send the form again.",
    429: "Wait a minute, then open the page again.",
    500: "Nothing was recorded. Try again later. If it happens again, tell the person who runs "
    "the service, with the reference below.",
    503: "Try again in a minute.",
}


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What an error page says."""

    heading: str
    what: str
    faults: tuple[str, ...]
    next: str
    reference: str
    sign_in_href: str | None


def present(status: int, title: str, detail: str, faults: Sequence[Fault]) -> ErrorPage:
    """Say an error in a person's words. A rule's own title and sentence come first."""
    heading = _HEADINGS.get(status, title) if status in {400, 404, 405, 500} else title
    what = "" if status in {404, 500} else detail
    return ErrorPage(
        heading=heading,
        what=what[:1].upper() + what[1:] + ("" if what.endswith((".", "?")) or not what else "."),
        faults=tuple(fault.detail for fault in faults),
        next=_NEXT.get(status, _NEXT[400]),
        reference=request_id(),
        sign_in_href=sign_in_href() if status == 401 else None,  # noqa: PLR2004  (Unauthorized)
    )


def sign_in_href() -> str:
    """Return where to sign in, and to come back from to the page that was asked for."""
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return f"/sign-in?{urlencode({'next': back})}"


def error_page(
    status: int, slug: str, title: str, detail: str, faults: Sequence[Fault]
) -> AnyResponse:
    """Answer an error as a page; somebody not signed in is led to where they can."""
    if status == 401 and request.method == "GET" and slug == "not-authenticated":  # noqa: PLR2004
        return redirect(sign_in_href(), code=303)
    own_fault = status >= 500  # noqa: PLR2004  (perhaps the database's: see `page_shell`)
    g.without_database = own_fault
    page = present(status, title, detail, faults)
    text = render_template("errors/error.jinja", page=page, without_database=own_fault)
    return Response(text, status)


def init_app(app: Flask) -> None:
    """Give `ledger.api.problem` the page for browsers, and CSRF errors their words."""
    app.extensions["error_page"] = error_page

    @app.errorhandler(CSRFError)
    def forged_or_old(_: CSRFError) -> AnyResponse:
        detail = "this form was open for too long, or was opened before you signed in"
        return error_page(400, "form-expired", "This form can no longer be sent", detail, ())

"""Errors on the wire: RFC 9457 problem details, and the only status codes there are.

Areas raise named errors of five families and know no HTTP; here each family gets its status.
A browser that asks for a page gets the same said as a page.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, cast

import structlog
from flask import Flask, Response, current_app, json, request
from marshmallow import ValidationError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers.response import Response as AnyResponse

from ledger.api.consent_fhir_wire import is_fhir, refusal
from ledger.core.errors import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    LedgerError,
    NotAuthenticated,
    NotFound,
)
from ledger.edge.etags import Stale
from ledger.edge.problem_words import WORDS
from ledger.edge.requests import request_id

log: structlog.stdlib.BoundLogger = structlog.get_logger("ledger.problems")

STATUS: Final[Mapping[type[LedgerError], HTTPStatus]] = {
    Stale: HTTPStatus.PRECONDITION_FAILED,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
}

CHALLENGE: Final = 'Bearer realm="care-ledger"'

_PROGRAMS: Final = (
    "/api/",
    "/access/",
    "/fhir/",
    "/log/",
    "/oauth/token",
    "/oauth/register",
    "/.well-known/",
)
_KEPT_HEADERS: Final = ("Allow", "Retry-After", "WWW-Authenticate")


def status_of(error: type[LedgerError]) -> HTTPStatus:
    """Return the status an error is answered with."""
    return next(status for family, status in STATUS.items() if issubclass(error, family))


def problem(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> AnyResponse:
    """Build the answer. *slug* ends the relative, permanent ``type`` URI."""
    page = current_error_page()
    if is_fhir():
        response: AnyResponse = refusal(status, f"{title}: {detail}", errors)
    elif page is not None and wants_page():
        response = page(status, slug, title, detail, errors)
    else:
        body = {
            **_members(status, slug, title, detail, errors),
            "instance": request.path,
            "request_id": request_id(),
        }
        response = Response(json.dumps(body), status, content_type="application/problem+json")
    response.headers.update(headers or {})
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        response.headers.setdefault("WWW-Authenticate", CHALLENGE)
    return response


def member(error: LedgerError | ValidationError) -> dict[str, Any]:
    """Return an error as a problem in a list of answers, where others may be no errors."""
    if isinstance(error, ValidationError):
        faults = tuple(faults_of(error.messages))
        return _members(422, Invalid.slug, Invalid.title, _first(faults), faults)
    status = status_of(type(error))
    return _members(status, error.slug, error.title, error.detail, error.faults)


def _members(
    status: int, slug: str, title: str, detail: str, errors: Sequence[Fault]
) -> dict[str, Any]:
    said = {"type": f"/problems/{slug}", "title": title, "status": int(status), "detail": detail}
    if not errors:
        return said
    listed = [{"field": fault.field, "detail": fault.detail} for fault in errors]
    return {**said, "errors": listed}


def _first(faults: Sequence[Fault]) -> str:
    return "; ".join(f"{fault.field or 'the body'}: {fault.detail}" for fault in faults[:3])


def wants_page() -> bool:
    """Say whether a person's browser asks, and not a program."""
    accepts = request.accept_mimetypes
    named = "text/html" in {mime for mime, _ in accepts}
    return (
        named
        and not request.path.startswith(_PROGRAMS)
        and (accepts["text/html"] >= accepts["application/json"])
    )


ErrorPage = Callable[[int, str, str, str, Sequence[Fault]], AnyResponse]
"""Makes an error a page, out of status, slug, title, detail and faults."""


def current_error_page() -> ErrorPage | None:
    """Return the function that makes an error a page; the web layer sets it."""
    page: ErrorPage | None = current_app.extensions.get("error_page")
    return page


def faults_of(messages: object, at: str = "") -> Iterable[Fault]:
    """Return marshmallow's *messages* as faults, each with its JSON pointer (RFC 6901)."""
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            step = str(key).replace("~", "~0").replace("/", "~1")
            yield from faults_of(below, at if key == "_schema" else f"{at}/{step}")
    elif isinstance(messages, list | tuple):
        for one in messages:
            yield from faults_of(one, at)
    else:
        yield Fault(at, str(messages))


def malformed(messages: object) -> AnyResponse:
    """Answer a body that its schema refuses."""
    faults = tuple(faults_of(messages))
    return problem(422, Invalid.slug, Invalid.title, _first(faults), errors=faults)


def init_app(app: Flask) -> None:
    """Answer every error as a problem. An unforeseen one says nothing of its cause."""

    @app.errorhandler(LedgerError)
    def known(error: LedgerError) -> AnyResponse:
        log.info("refused", slug=error.slug)
        challenge = getattr(error, "challenge", None)
        headers = {"WWW-Authenticate": challenge} if challenge else None
        status = status_of(type(error))
        return problem(
            status, error.slug, error.title, error.detail, errors=error.faults, headers=headers
        )

    @app.errorhandler(ValidationError)
    def refused_by_schema(error: ValidationError) -> AnyResponse:
        return malformed(error.messages)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> AnyResponse:
        if error.response is not None:  # A redirect, or an answer that is made already.
            return cast(AnyResponse, error.response)
        code = error.code or 500
        data = getattr(error, "data", None) or {}
        if "messages" in data:  # webargs: a schema of flask-smorest refused something.
            return malformed(_without_location(data["messages"]))
        sent = {name: value for name, value in error.get_headers() if name in _KEPT_HEADERS}
        slug, title, detail = WORDS.get(code, ("http", error.name, error.description or error.name))
        return problem(code, slug, title, error_detail(error) or detail, headers=sent)

    @app.errorhandler(OperationalError)
    def no_database(error: OperationalError) -> AnyResponse:
        said = (str(error.orig).strip() or "nothing").splitlines()[0]
        log.error("the database cannot be used: is its disk full, or is it gone?", said=said)
        return problem(503, *WORDS[503], headers={"Retry-After": "60"})

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> AnyResponse:
        log.error("unforeseen error", exc_info=error)
        return problem(500, *WORDS[500])


def error_detail(error: HTTPException) -> str | None:
    """Return the sentence that our own code gave an error, and not the library's."""
    given = error.description
    return given if given and given != type(error).description else None


def _without_location(messages: Any) -> Any:
    """Return webargs' messages without the outermost "json" or "query"."""
    if isinstance(messages, Mapping) and len(messages) == 1:
        return next(iter(messages.values()))
    return messages

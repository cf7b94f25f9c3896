"""FHIR on the wire: media types, `_format`, bodies, and every refusal as an OperationOutcome.

Sources: https://hl7.org/fhir/R4/http.html (sections 3.1.0.1.11 and 3.1.0.7) and R5's of the same
name. Only JSON is spoken; a `fhirVersion` that is not the address's own is refused.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Response, json, request
from werkzeug.exceptions import NotAcceptable, UnsupportedMediaType
from werkzeug.http import parse_options_header

from ledger.consent.rules.fhir import Release
from ledger.core.errors import Fault, Invalid

Resource = dict[str, Any]

MIME: Final = "application/fhir+json"
_JSON: Final = frozenset({MIME, "application/json", "json", "text/json"})
_WORDS: Final[Mapping[int, str]] = {
    400: "structure",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    409: "conflict",
    410: "deleted",
    412: "conflict",
    413: "too-long",
    415: "not-supported",
    422: "invalid",
    429: "throttled",
    503: "transient",
}
"""The issue type that each status is told by (http://hl7.org/fhir/issue-type)."""


def is_fhir() -> bool:
    """Say whether the request is one of FHIR's, so that its refusal is an OperationOutcome."""
    return request.path.startswith("/fhir/")


def negotiate(release: Release) -> None:
    """Refuse to answer in what we do not speak: anything but JSON of *release*.

    Raises:
        NotAcceptable: neither `_format` nor ``Accept`` has JSON of this release.
    """
    wanted = request.args.get("_format") or request.form.get("_format")
    offers = [wanted] if wanted else request.headers.get("Accept", "*/*").split(",")
    if not any(_speaks(one, release) for one in offers):
        raise NotAcceptable(f"only {MIME}; fhirVersion={release.version} is spoken here")


def _speaks(text: str, release: Release) -> bool:
    mime, options = parse_options_header(text)
    known = mime.replace(" ", "+") in _JSON or mime in {"*/*", "application/*"}
    return known and _float(options.get("q", "1")) > 0 and _of(release, options)


def _of(release: Release, options: Mapping[str, str]) -> bool:
    return options.get("fhirVersion", options.get("fhirversion", "")) in {"", release.version}


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def body(release: Release) -> bytes:
    """Return the bytes that came, if they are said to be JSON of *release*.

    Raises:
        UnsupportedMediaType: they are said to be something else.
    """
    mime, options = parse_options_header(request.headers.get("Content-Type", MIME))
    if mime not in _JSON or not _of(release, options):
        raise UnsupportedMediaType(f"send {MIME}; fhirVersion={release.version}")
    return request.get_data()


def prefers(name: str) -> str:
    """Return the caller's preference of *name* (RFC 7240), such as ``handling``; "" for none."""
    for one in request.headers.get("Prefer", "").replace(";", ",").split(","):
        key, _, value = one.strip().partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"')
    return ""


def issue(severity: str, code: str, text: str, element: str = "") -> Resource:
    """Return one issue of an OperationOutcome; *element* is FHIRPath, or a parameter's name."""
    found: Resource = {"severity": severity, "code": code, "diagnostics": text}
    return {**found, "expression": [element]} if element else found


def outcome(issues: list[Resource]) -> Resource:
    """Return an OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": issues}


def refusal(status: int, detail: str, faults: Iterable[Fault] = ()) -> Response:
    """Return a refusal in FHIR's own words; each fault names its element."""
    code = _WORDS.get(status, "exception")
    said = list(faults) or [Fault("", detail)]
    issues = [issue("error", code, fault.detail, fault.field) for fault in said]
    return answer(outcome(issues), HTTPStatus(status))


def answer(resource: Resource, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return a resource as a response of FHIR's own media type."""
    kind = f"{MIME}; charset=utf-8"
    return Response(json.dumps(resource), status, dict(headers or {}), content_type=kind)


class BadSearch(Invalid):
    """The search has something in it that cannot be answered."""

    slug = "bad-fhir-search"
    title = "This search cannot be answered"

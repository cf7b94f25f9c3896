"""FHIR R4 Consent: bringing one in, and reading one. Errors are an OperationOutcome."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, json, request, url_for
from flask.typing import ResponseReturnValue

from ledger.api.problem import status_of
from ledger.consent import queries, service
from ledger.consent.rules.fhir.writing import write
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Fault, Forbidden, Invalid, LedgerError, NotAuthenticated, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge import etags
from ledger.edge.guard import current_actor, requires

blueprint = Blueprint("fhir_consents", __name__, url_prefix="/fhir/R4/Consent")

_MIME = "application/fhir+json; charset=utf-8"


@blueprint.post("")
@requires(Permission.CONSENT_IMPORT)
def create() -> ResponseReturnValue:
    """Take in a consent: 201 if it is enforced from now on, 202 if a person must look at it."""
    with unit_of_work(current_actor()) as work:
        done = service.import_fhir(work, body=request.get_data())
    if done.consent_id is not None:
        issues = [_issue("informational", "informational", "It is enforced from now on.")]
        where = url_for(".read", consent_id=done.consent_id)
        return answer(_outcome(issues), 201, {"Location": where})
    issues = [
        _issue("warning", "business-rule", doubt.reason.value, doubt.element)
        for doubt in done.doubts
    ]
    return answer(_outcome(issues), 202)


@blueprint.get("/<uuid:consent_id>")
@requires(Permission.CONSENT_READ)
def read(consent_id: UUID) -> ResponseReturnValue:
    """Read a consent as FHIR R4, in a form that is read back as the same."""
    found = queries.consent(db.session(), current_actor(), consent_id, now=clock.now())
    if found.terms is None:
        raise NotFound("what it said was erased")
    resource = write(
        consent_id=found.id,
        patient_id=found.patient_id,
        status=found.status,
        kind=found.kind,
        decided_at=found.decided_at,
        terms=found.terms,
    )
    return answer(resource, 200, etags.header(found.version))


@blueprint.errorhandler(LedgerError)
def refused(error: LedgerError) -> ResponseReturnValue:
    """Answer in FHIR's own words; each fault names its element."""
    faults: Iterable[Fault] = error.faults or [Fault("", error.detail)]
    code = next((word for family, word in _CODES if isinstance(error, family)), "conflict")
    issues = [_issue("error", code, fault.detail, fault.field) for fault in faults]
    return answer(_outcome(issues), status_of(type(error)))


_CODES: Final[tuple[tuple[type[LedgerError], str], ...]] = (
    (NotAuthenticated, "login"),
    (Forbidden, "forbidden"),
    (NotFound, "not-found"),
    (Invalid, "invalid"),
)


def _issue(severity: str, code: str, text: str, element: str = "") -> dict[str, Any]:
    issue: dict[str, Any] = {"severity": severity, "code": code, "diagnostics": text}
    if element:
        issue["expression"] = [element]
    return issue


def _outcome(issues: list[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": issues}


def answer(resource: dict[str, Any], status: int, headers: dict[str, str] | Any = None) -> Response:
    """Return a resource as a response of FHIR's own media type."""
    return Response(json.dumps(resource), status, headers, content_type=_MIME)

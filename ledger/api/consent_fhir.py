"""FHIR Consent, R4 and R5: reading, its versions, searching, bringing in, revising, withdrawing.

Authorised like the JSON API; what may not be seen is not there. Refusals are OperationOutcomes,
made in `ledger.api.problem` for every address below ``/fhir/``.
"""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from ledger.api import consent_fhir_search as searching
from ledger.api import consent_fhir_wire as wire
from ledger.api.consent_fhir_resource import (
    Links,
    history_bundle,
    resource,
    searchset,
    version_headers,
)
from ledger.api.consent_fhir_wire import BadSearch, Resource, answer, issue, outcome
from ledger.api.consent_fhir_withdrawal import withdrawal
from ledger.consent import queries, service
from ledger.consent.queries import ConsentView
from ledger.consent.rules.fhir import Release
from ledger.consent.rules.fhir.proposing import words_of
from ledger.consent.service import Imported
from ledger.core import clock
from ledger.core.db import db
from ledger.core.errors import Conflict, Fault, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import service as finding
from ledger.edge import etags
from ledger.edge.etags import Stale
from ledger.edge.guard import current_actor, requires
from ledger.edge.limits import GUESSES, limiter

blueprint = Blueprint("fhir_consents", __name__, url_prefix="/fhir/<any(R4, R5):release>/Consent")

_PAGE_MOST: Final = 1000
"""Of the consents of one patient, all told: more than anybody has."""


class SeveralMatch(Stale):
    """``If-None-Exist`` fits more than one (R4 3.1.0.8): answered 412."""

    slug = "fhir-several-match"
    title = "More than one consent has this identifier"


class VersionNeeded(Conflict):
    """An update has to say which version it was made from."""

    slug = "fhir-version-needed"
    title = "Say which version this changes"


@blueprint.post("")
@requires(Permission.CONSENT_IMPORT)
def create(release: str) -> ResponseReturnValue:
    """Take in a consent: 201 if it is enforced from now on, 202 if a person must look at it."""
    spoken = Release(release)
    wire.negotiate(spoken)
    body = wire.body(spoken)
    with unit_of_work(current_actor()) as work:
        before = _before(work, body, spoken)
        if before is not None:
            return _taken_in(before, spoken, 200 if before.consent_id else 202)
        done = service.import_fhir(work, body=body, release=spoken)
    return _taken_in(done, spoken, 201 if done.consent_id else 202)


@blueprint.get("/<uuid:consent_id>")
@requires(Permission.CONSENT_READ)
def read(release: str, consent_id: UUID) -> ResponseReturnValue:
    """Read a consent, in a form that is read back as the same."""
    spoken = Release(release)
    wire.negotiate(spoken)
    found = queries.consent(db.session(), current_actor(), consent_id, now=clock.now())
    return answer(resource(found, spoken), 200, version_headers(found))


@blueprint.get("/<uuid:consent_id>/_history/<int:version>")
@requires(Permission.CONSENT_READ)
def vread(release: str, consent_id: UUID, version: int) -> ResponseReturnValue:
    """Read a consent as it was after one of the things that happened to it."""
    spoken = Release(release)
    wire.negotiate(spoken)
    states = queries.history(db.session(), current_actor(), consent_id, now=clock.now())
    if not 1 <= version <= len(states):
        raise NotFound("no such version")
    return answer(resource(states[version - 1], spoken), 200, version_headers(states[version - 1]))


@blueprint.get("/<uuid:consent_id>/_history")
@requires(Permission.CONSENT_READ)
def history(release: str, consent_id: UUID) -> ResponseReturnValue:
    """List the versions of a consent, newest first."""
    spoken = Release(release)
    wire.negotiate(spoken)
    faults: list[Fault] = []
    count = searching.number("_count", request.args.get("_count", "50"), faults)
    after = searching.number("after", request.args.get("after", "99999999"), faults)
    if faults:
        raise BadSearch("some of the parameters cannot be used", faults)
    states = queries.history(db.session(), current_actor(), consent_id, now=clock.now())
    older = [one for one in reversed(states) if one.version < after]
    shown = older[: min(count, searching.COUNT_MAX)]
    here: dict[str, Any] = {"release": release, "consent_id": consent_id, "_count": count}
    onward = None
    if len(older) > len(shown):
        onward = url_for(".history", **here, after=shown[-1].version)
    links = Links(here=url_for(".history", **here), onward=onward)
    return answer(history_bundle(shown, spoken, total=len(states), links=links), 200)


@blueprint.get("")
@requires(Permission.CONSENT_READ)
def search(release: str) -> ResponseReturnValue:
    """Search the consents of one patient, the latest first."""
    return _search(Release(release), dict(request.args.lists()), by_post=False)


@blueprint.post("/_search")
@requires(Permission.CONSENT_READ)
@limiter.limit(GUESSES, exempt_when=lambda: not _names_a_number())
def search_by_post(release: str) -> ResponseReturnValue:
    """Search with parameters that do not belong in an address."""
    given = {**dict(request.args.lists()), **dict(request.form.lists())}
    in_address = "patient.identifier" in request.args  # Of a POST too, addresses are kept.
    return _search(Release(release), given, by_post=not in_address)


@blueprint.put("/<uuid:consent_id>")
@requires(Permission.CONSENT_WITHDRAW)
def update(release: str, consent_id: UUID) -> ResponseReturnValue:
    """Record another version of a consent, which shares no more than the one before."""
    spoken = Release(release)
    wire.negotiate(spoken)
    body = wire.body(spoken)
    if "If-Match" not in request.headers:
        raise VersionNeeded('send If-Match: W/"<version>", as the ETag of what you read had it')
    with unit_of_work(current_actor()) as work:
        _require_match(service.version(work, consent_id))
        service.revise_fhir(work, consent_id, body=body, release=spoken)
    return _now(consent_id, spoken)


@blueprint.post("/<uuid:consent_id>/$withdraw")
@requires(Permission.CONSENT_WITHDRAW)
def withdraw(release: str, consent_id: UUID) -> ResponseReturnValue:
    """Take back what was said, from now on. See OperationDefinition/consent-withdraw."""
    spoken = Release(release)
    wire.negotiate(spoken)
    asked = withdrawal(wire.body(spoken))
    with unit_of_work(current_actor()) as work:
        _require_match(service.version(work, consent_id))
        service.withdraw(work, consent_id, reason=asked.reason, said=asked.said)
    return _now(consent_id, spoken)


def _names_a_number() -> bool:
    """Say whether somebody is looked up: as often as by any other way, and no more often."""
    return "patient.identifier" in request.form


def _require_match(version: int) -> None:
    """Refuse a change made to an older version; a weak tag counts as FHIR has it (3.1.0.5)."""
    given = request.headers.get("If-Match", "")
    if given.strip() != f'W/"{version}"':
        etags.require_match(version)


def _now(consent_id: UUID, release: Release) -> ResponseReturnValue:
    """Answer with a consent as it is now, or that it was done, to who may not read it."""
    try:
        found = queries.consent(db.session(), current_actor(), consent_id, now=clock.now())
    except NotFound:
        done = issue("information", "informational", "It is recorded, and counts from now on.")
        return answer(outcome([done]), 200)
    return answer(resource(found, release), 200, version_headers(found))


def _before(work: UnitOfWork, body: bytes, release: Release) -> Imported | None:
    """Return what ``If-None-Exist`` finds, if it is there and finds something."""
    text = request.headers.get("If-None-Exist")
    if text is None:
        return None
    name, _, token = text.lstrip("?").partition("=")
    system, bar, value = token.rpartition("|")
    if name != "identifier" or not value or "&" in token:
        fault = Fault("If-None-Exist", "give identifier=<system>|<value>")
        raise Invalid(fault.detail, [fault])
    found = service.imported_before(
        work, body=body, release=release, system=system if bar else None, value=value
    )
    if len(found) > 1:
        raise SeveralMatch("settle which of them counts; nothing was recorded now")
    return found[0] if found else None


def _taken_in(done: Imported, release: Release, status: int) -> ResponseReturnValue:
    if done.consent_id is None:
        said = [
            issue("warning", "business-rule", f"{d.reason}: {words_of(d.reason)}", d.element)
            for d in done.doubts
        ] or [issue("information", "informational", "It came before, and waits for a person.")]
        return answer(outcome(said), status)
    where = url_for(".read", release=release.value, consent_id=done.consent_id)
    words = "It is enforced from now on." if status == 201 else "It is here already."  # noqa: PLR2004
    informed: Resource = outcome([issue("information", "informational", words)])
    return answer(informed, status, {"Location": where})


def _search(release: Release, given: dict[str, list[str]], *, by_post: bool) -> ResponseReturnValue:
    wire.negotiate(release)
    lenient = wire.prefers("handling") == "lenient"
    asked = searching.parse(given, lenient=lenient, by_post=by_post)
    found = [one for one in _candidates(asked) if searching.fits(one, asked, release)]
    older = [one for one in found if asked.after is None or one.order < asked.after]
    shown = older[: asked.count]
    used = {**asked.used}
    if used.pop("patient.identifier", None) and found:
        used["patient"] = [str(found[0].patient_id)]
    here: dict[str, Any] = {"release": release.value, **used}
    onward = None
    if len(older) > len(shown):
        onward = url_for(".search", **{**here, "after": [str(shown[-1].order)]})
    links = Links(here=url_for(".search", **here), onward=onward)
    return answer(searchset(shown, release, total=len(found), links=links), 200)


def _candidates(asked: searching.Search) -> list[ConsentView]:
    """Return the consents of the one patient that a search is about, the latest first.

    Nothing for a patient who is not there, as for one whom the caller may not see.
    """
    session, actor, now = db.session(), current_actor(), clock.now()
    try:
        wanted = searching.identity("_id", asked.one("_id"), "Consent")
        patient_id = searching.identity("patient", asked.one("patient"), "Patient")
        if asked.one("_id") is not None:
            if wanted is None:
                return []
            one = queries.consent(session, actor, wanted, now=now)
            return [one] if patient_id in {None, one.patient_id} else []
        if asked.one("patient.identifier") is not None:
            patient_id = _by_number(str(asked.one("patient.identifier")), patient_id)
        elif asked.one("patient") is None:
            patient_id = actor.patient_id
            if patient_id is None:
                fault = Fault("patient", "give patient=Patient/<id>, or _id")
                raise BadSearch("a search is of one patient", [fault])
        if patient_id is None:
            return []
        return [*queries.of_patient(session, actor, patient_id, now=now, limit=_PAGE_MOST)]
    except NotFound:
        return []


def _by_number(token: str, named: UUID | None) -> UUID | None:
    system, _, value = token.rpartition("|")
    if system not in {"", service.NHS_NUMBER}:
        return None
    try:
        with unit_of_work(current_actor()) as work:
            found = finding.find_by_number(work, nhs_number=value)
    except Invalid:
        return None
    return found if named in {None, found} else None

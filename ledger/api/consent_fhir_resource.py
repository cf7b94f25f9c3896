"""Our consents as FHIR resources and Bundles, with their versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for

from ledger.api.consent_fhir_wire import Resource, issue, outcome
from ledger.consent.queries import ConsentView
from ledger.consent.rules.fhir import Release, write
from ledger.core.errors import NotFound


def resource(view: ConsentView, release: Release) -> Resource:
    """Return a consent as a resource of *release*, in a form that is read back as the same.

    Raises:
        NotFound: what it said was erased.
    """
    if view.terms is None and view.base is not None:
        raise NotFound("what it said was erased")
    written = write(
        consent_id=view.id,
        patient_id=view.patient_id,
        status=view.status,
        kind=view.kind,
        decided_at=view.decided_at,
        terms=view.terms,
        release=release,
    )
    updated = view.events[-1].at if view.events else view.recorded_at
    meta = {"versionId": str(view.version), "lastUpdated": updated.isoformat()}
    return {**written, "meta": {**written.get("meta", {}), **meta}}


def version_headers(view: ConsentView) -> dict[str, str]:
    """Return the headers that say which version this is (R4 3.1.0.1.3)."""
    return {"ETag": f'W/"{view.version}"'}


def absolute(path: str) -> str:
    """Return an address of this service, whole."""
    return f"{current_app.extensions['settings'].public_url}{path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where a page is, and where the next one is, if there is one."""

    here: str
    onward: str | None = None

    def as_json(self) -> list[dict[str, str]]:
        """Return them as `Bundle.link`."""
        found = [{"relation": "self", "url": absolute(self.here)}]
        if self.onward is not None:
            found.append({"relation": "next", "url": absolute(self.onward)})
        return found


def searchset(
    views: Sequence[ConsentView], release: Release, *, total: int, links: Links
) -> Resource:
    """Return a page of consents that were searched for.

    What cannot be written is said to be missing, by an OperationOutcome in its place.
    """
    entries = [_match(view, release) for view in views]
    bundle: Resource = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": links.as_json(),
    }
    return {**bundle, **({"entry": entries} if entries else {})}


def history_bundle(
    views: Sequence[ConsentView], release: Release, *, total: int, links: Links
) -> Resource:
    """Return the versions of one consent, newest first."""
    entries: list[dict[str, Any]] = []
    for view in views:
        method = "POST" if view.version == 1 else "PUT"
        try:
            told = resource(view, release)
        except NotFound:
            continue
        entries.append(
            {
                "fullUrl": _full_url(view, release),
                "resource": told,
                "request": {"method": method, "url": f"Consent/{view.id}"},
                "response": {
                    "status": "201" if method == "POST" else "200",
                    "etag": version_headers(view)["ETag"],
                    "lastModified": told["meta"]["lastUpdated"],
                },
            }
        )
    bundle: Resource = {
        "resourceType": "Bundle",
        "type": "history",
        "total": total,
        "link": links.as_json(),
    }
    return {**bundle, **({"entry": entries} if entries else {})}


def _match(view: ConsentView, release: Release) -> dict[str, Any]:
    try:
        told = resource(view, release)
    except NotFound as error:
        words = issue("warning", "not-found", f"Consent/{view.id}: {error.detail}")
        return {"resource": outcome([words]), "search": {"mode": "outcome"}}
    return {
        "fullUrl": _full_url(view, release),
        "resource": told,
        "search": {"mode": "match"},
    }


def _full_url(view: ConsentView, release: Release) -> str:
    return absolute(url_for("fhir_consents.read", release=release.value, consent_id=view.id))

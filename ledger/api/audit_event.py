"""FHIR R4 AuditEvent: the log as auditors' programs read it (IHE BALP; ITI-81).

Auditors see all of it; patients and members of an organisation what concerns them. That it
was read is itself recorded, as everywhere.
"""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue

from ledger.api.audit_event_query import Search, parse
from ledger.api.audit_event_resource import resource
from ledger.api.consent_fhir_wire import answer, negotiate
from ledger.consent.rules.fhir import Release
from ledger.core import authority
from ledger.core.authority import Resource
from ledger.core.policy import Permission
from ledger.core.reading import EntryView, Page, open_entry, search, search_own
from ledger.core.work import unit_of_work
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires

blueprint = Blueprint("fhir_audit_events", __name__, url_prefix="/fhir/R4")

_OF: Final = "audit-events"


@blueprint.get("/AuditEvent")
@requires(Permission.LOG_RECEIPT)
def search_events() -> ResponseReturnValue:
    """Search audit events, newest first. There is no total: it would say what is not shown."""
    negotiate(Release.R4)
    lenient = "handling=lenient" in request.headers.get("Prefer", "").replace(" ", "")
    asked = parse(dict(request.args.lists()), lenient=lenient)
    after = cursors.after(of=_OF, shape=(int,))
    page = _found(asked, after[0] if after else None)
    used: dict[str, Any] = {**asked.used}
    links = [{"relation": "self", "url": _absolute(url_for(".search_events", **used))}]
    if page.more:
        href = cursors.page_href((page.entries[-1].position,), of=_OF)
        links.append({"relation": "next", "url": _absolute(href)})
    entries = [
        {
            "fullUrl": _absolute(url_for(".read_event", entry_id=view.id)),
            "resource": _resource(view),
            "search": {"mode": "match"},
        }
        for view in page.entries
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "link": links}
    return answer({**bundle, **({"entry": entries} if entries else {})}, 200)


@blueprint.get("/AuditEvent/<uuid:entry_id>")
@requires(Permission.LOG_RECEIPT)
def read_event(entry_id: UUID) -> ResponseReturnValue:
    """Read one entry as an audit event."""
    negotiate(Release.R4)
    with unit_of_work(current_actor()) as work:
        view = open_entry(work, entry_id)
    return answer(_resource(view), 200)


def _found(asked: Search, before: int | None) -> Page:
    actor = current_actor()
    everything = authority.permits(authority.in_force(), actor, Permission.LOG_READ, Resource())
    find = search if everything else search_own
    if asked.nothing:
        return Page([], more=False)
    with unit_of_work(actor) as work:
        return find(work, which=asked.which, limit=asked.count, before_position=before)


def _resource(view: EntryView) -> dict[str, Any]:
    settings = current_app.extensions["settings"]
    return resource(view, origin=settings.public_url, demonstration=settings.demonstration)


def _absolute(path: str) -> str:
    return f"{current_app.extensions['settings'].public_url}{path}"

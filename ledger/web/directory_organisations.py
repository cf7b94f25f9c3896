"""Pages of organisations: anybody's to look one up, a steward's to add one."""

from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.core.authority import in_force, permits
from ledger.core.db import db
from ledger.core.errors import Invalid, LedgerError
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.queries import OrganisationView
from ledger.directory.rules.names import BadName
from ledger.directory.rules.organisations import (
    NotAnOdsCode,
    OdsCodeTaken,
    OrganisationDetails,
    OrganisationKind,
)
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form

blueprint = Blueprint("organisations", __name__, url_prefix="/organisations")

_PAGE: Final = 50
_FIELDS: Final[dict[type[LedgerError], str]] = {
    BadName: "name",
    NotAnOdsCode: "ods_code",
    OdsCodeTaken: "ods_code",
}

KIND_WORDS: Final = {
    OrganisationKind.BOARD: "Integrated care board",
    OrganisationKind.TRUST: "NHS trust",
    OrganisationKind.SITE: "NHS site",
    OrganisationKind.PRACTICE: "GP practice",
    OrganisationKind.COUNCIL: "Council",
    OrganisationKind.VOLUNTARY: "Voluntary body",
    OrganisationKind.PROVIDER: "Other provider",
}


@blueprint.get("")
@requires(Permission.ORGANISATION_REGISTER)
def show() -> ResponseReturnValue:
    """Show the organisations of the directory, by name."""
    return _page({}, {})


@blueprint.post("")
@requires(Permission.ORGANISATION_REGISTER)
def register() -> ResponseReturnValue:
    """Add an organisation."""
    given = {field: request.form.get(field, "").strip() for field in ("name", "kind", "ods_code")}
    try:
        details = OrganisationDetails(
            name=given["name"], kind=_kind(given["kind"]), ods_code=given["ods_code"] or None
        )
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.register_organisation(work, details=details)
    except (BadName, NotAnOdsCode, OdsCodeTaken) as refused:
        sentence = refused.detail[:1].upper() + refused.detail[1:]
        return _page({_FIELDS[type(refused)]: sentence}, given), 422
    except UnknownKind as refused:
        return _page({"kind": refused.detail}, given), 422
    flash(f"{details.name} is in the directory. Now invite its first steward.", "success")
    return redirect(url_for("organisations.show", containing=details.name), 303)


class UnknownKind(Invalid):
    """No kind of organisation was chosen."""

    slug = "unknown-kind"
    title = "Choose what kind of organisation it is"


def _kind(text: str) -> OrganisationKind:
    try:
        return OrganisationKind(text)
    except ValueError as unknown:
        raise UnknownKind("Choose what kind of organisation it is") from unknown


def _page(errors: dict[str, str], given: dict[str, str]) -> str:
    session, containing = db.session(), request.args.get("containing", "")[:120]
    after = cursors.after(of="organisations", shape=(str, str))
    found = queries.search_organisations(
        session,
        containing=containing,
        after=(after[0], UUID(after[1])) if after else None,
        limit=_PAGE + 1,
    )
    last = found[_PAGE - 1] if len(found) > _PAGE else None
    kinds: list[dict[str, object]] = [{"value": "", "text": "Choose a kind"}]
    kinds.extend(
        {"value": kind.value, "text": words, "selected": kind == given.get("kind")}
        for kind, words in KIND_WORDS.items()
    )
    return render_template(
        "directory/organisations.jinja",
        rows=[_row(each) for each in found[:_PAGE]],
        containing=containing,
        older=cursors.page_href((last.name, str(last.id)), of="organisations") if last else None,
        kinds=kinds,
        errors=errors,
        given=given,
    )


def _row(view: OrganisationView) -> list[object]:
    """Present one organisation; its name leads to its staff for who may bring people in."""
    name: dict[str, str] = {"text": view.name}
    on = queries.resource(db.session(), view.id)
    if permits(in_force(), current_actor(), Permission.PERSON_INVITE, on):
        name["href"] = url_for("staff.show", at=view.id)
    return [name, KIND_WORDS[view.kind], view.ods_code or "None", view.town or ""]

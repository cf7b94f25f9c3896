"""Pages of a draft for who signs and when, and for drafting from a file of another program."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.agreements import service
from ledger.agreements.queries import VersionView
from ledger.core.db import db
from ledger.core.errors import Fault, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.bodies import loads
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web import agreement_choices as choices
from ledger.web import agreement_party_forms as forms
from ledger.web.agreement_drafts import change, draft_of

blueprint = Blueprint("agreement_parties", __name__, url_prefix="/agreements")


@blueprint.get("/<uuid:agreement_id>/draft/parties")
@requires(Permission.AGREEMENT_DRAFT)
def parties(agreement_id: UUID) -> ResponseReturnValue:
    """Ask who is party, whose signatures bring it into force, and in which order they sign."""
    return _page(draft_of(agreement_id), {})


@blueprint.post("/<uuid:agreement_id>/draft/parties")
@requires(Permission.AGREEMENT_DRAFT)
def set_parties(agreement_id: UUID) -> ResponseReturnValue:
    """Change that."""
    return change(
        agreement_id, lambda terms, form: forms.with_parties(terms, form, db.session()), _page
    )


@blueprint.get("/import")
@requires(Permission.AGREEMENT_DRAFT)
def choose_file() -> ResponseReturnValue:
    """Ask for a file of terms: ODRL 2.2 in JSON-LD."""
    return render_template("agreements/import.jinja", errors={}, faults=())


@blueprint.post("/import")
@requires(Permission.AGREEMENT_DRAFT)
def send_file() -> ResponseReturnValue:
    """Draft an agreement from a file, or say everything that is wrong with it at once."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return render_template("agreements/import.jinja", errors={"file": "Choose a file"}), 422
    try:
        found = loads(file.stream.read())
        with unit_of_work(current_actor()) as work:
            once_form(work)
            drafted = service.import_odrl(work, found=found)
    except (Invalid, NotFound) as refused:
        faults = getattr(refused, "faults", None) or [Fault("the file", refused.detail)]
        return _faulty(faults)
    except ValueError as refused:
        return _faulty([Fault("the file", f"it cannot be read as JSON: {refused}")])
    flash("Drafted from your file. Look at what is missing before you propose it.")
    return redirect(url_for("agreement_drafts.overview", agreement_id=drafted.agreement_id), 303)


def _faulty(faults: list[Fault]) -> ResponseReturnValue:
    errors = {"file": "The file cannot be used: see the list"}
    return render_template("agreements/import.jinja", errors=errors, faults=faults), 422


def _page(shown: VersionView, errors: dict[str, str]) -> str:
    terms = shown.terms
    known = directory.search_organisations(db.session(), limit=200)
    return render_template(
        "agreements/parties.jinja",
        shown=shown,
        errors=errors,
        outs=choices.of_leaving_out(terms, request.form),
        joins=request.form.get("joins", ""),
        organisations=[f"{one.ods_code} {one.name}" for one in known if one.ods_code],
        modes=choices.of_mode(terms, request.form),
        leads=choices.of_lead(terms, request.form),
        groups=[
            (f"group_{n}", one.name, request.form.get(f"group_{n}", str(one.signs_in_group)))
            for n, one in enumerate(terms.parties, 1)
        ],
    )

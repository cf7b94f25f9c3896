"""Agreements over HTTP: draft, propose, sign, and what comes after."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from ledger.agreements import queries, service
from ledger.agreements.queries import VersionView
from ledger.agreements.rules.terms import Terms
from ledger.agreements.service.drafting import Drafted
from ledger.api.agreements_schemas import (
    AgreementLineOut,
    AgreementsOut,
    AgreementVersionOut,
    AgreementWordsIn,
    ImportIn,
    LeavingIn,
    ProposalIn,
    SignatureIn,
    SuspensionIn,
    TerminationIn,
)
from ledger.api.agreements_terms import TermsBody
from ledger.api.shell import Blueprint as Described
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge import cursors, etags
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once, once_done
from ledger.edge.signing import limits, signing_evidence

blueprint = Blueprint("agreements", __name__, url_prefix="/api/v1/agreements")


@blueprint.get("")
@Described.answers(200, AgreementsOut)
@requires(Permission.AGREEMENT_READ)
def list_visible() -> ResponseReturnValue:
    """List the agreements that the caller may read, by title."""
    limit, after = cursors.limit(), cursors.after(of="agreements", shape=(str, str))
    found = queries.visible(
        db.session(),
        current_actor(),
        containing=request.args.get("q", "")[:100],
        after=(after[0], UUID(after[1])) if after else None,
        limit=limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    more = (last.title, str(last.id)) if last else None
    items = AgreementLineOut(many=True).dump(found[:limit])
    return {"items": items}, 200, cursors.links(next_after=more, of="agreements")


@blueprint.post("")
@Described.takes(TermsBody)
@Described.answers(201, AgreementVersionOut)
@requires(Permission.AGREEMENT_DRAFT)
def draft() -> ResponseReturnValue:
    """Draft an agreement from our template."""
    terms: Terms = TermsBody().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: _drafted(service.draft(work, terms=terms)))
    return _made(body)


@blueprint.post("/imports")
@Described.takes(ImportIn)
@Described.answers(201, AgreementVersionOut)
@requires(Permission.AGREEMENT_DRAFT)
def import_markdown() -> ResponseReturnValue:
    """Draft an agreement from a text written elsewhere, in Markdown."""
    asked = ImportIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: _drafted(service.import_markdown(work, **asked)))
    return _made(body)


@blueprint.get("/<uuid:agreement_id>")
@Described.answers(200, AgreementVersionOut)
@requires(Permission.AGREEMENT_READ)
def read(agreement_id: UUID) -> ResponseReturnValue:
    """Read an agreement: the version that stands, or the newest."""
    return _read(queries.agreement(db.session(), current_actor(), agreement_id))


@blueprint.get("/<uuid:agreement_id>/versions/<int:number>")
@Described.answers(200, AgreementVersionOut)
@requires(Permission.AGREEMENT_READ)
def read_version(agreement_id: UUID, number: int) -> ResponseReturnValue:
    """Read one version."""
    return _read(queries.version(db.session(), current_actor(), agreement_id, number))


@blueprint.get("/<uuid:agreement_id>/versions/<int:number>/text")
@requires(Permission.AGREEMENT_READ)
def read_text(agreement_id: UUID, number: int) -> ResponseReturnValue:
    """Read the canonical text: its SHA-256 is what signatures name."""
    shown = queries.version(db.session(), current_actor(), agreement_id, number)
    response = Response(shown.document.text, content_type="text/plain; charset=utf-8")
    response.set_etag(shown.document_sha256)
    return response


@blueprint.put("/<uuid:agreement_id>/draft")
@Described.takes(TermsBody)
@Described.answers(200, AgreementVersionOut)
@requires(Permission.AGREEMENT_DRAFT)
def redraft(agreement_id: UUID) -> ResponseReturnValue:
    """Replace the draft; send its ETag as If-Match, lest another's work be lost."""
    terms: Terms = TermsBody().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        etags.require_match(service.draft_sha256(work, agreement_id))
        body = _drafted(service.redraft(work, agreement_id, terms=terms))
    return body, 200, etags.header(body["document_sha256"])


@blueprint.post("/<uuid:agreement_id>/versions")
@Described.takes(TermsBody)
@Described.answers(201, AgreementVersionOut)
@requires(Permission.AGREEMENT_DRAFT)
def amend(agreement_id: UUID) -> ResponseReturnValue:
    """Draft the next version of an agreement that stands."""
    terms: Terms = TermsBody().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: _drafted(service.amend(work, agreement_id, terms=terms)))
    return _made(body)


@blueprint.post("/<uuid:agreement_id>/proposal")
@Described.takes(ProposalIn)
@Described.answers(204)
@requires(Permission.AGREEMENT_DRAFT)
def propose(agreement_id: UUID) -> ResponseReturnValue:
    """Put the draft to its parties; with every fault at once, if it has any."""
    asked = ProposalIn().load(request.get_json(silent=True) or {})
    with unit_of_work(current_actor()) as work:
        once_done(work, service.propose, agreement_id, limits=limits(), **asked)
    return "", 204


@blueprint.post("/<uuid:agreement_id>/versions/<int:number>/signatures")
@Described.takes(SignatureIn)
@Described.answers(201, AgreementVersionOut)
@requires(Permission.AGREEMENT_SIGN)
def sign(agreement_id: UUID, number: int) -> ResponseReturnValue:
    """Sign a version for one's organisation. Needs a sign-in of the last few minutes."""
    asked = SignatureIn().load(request.get_json())
    evidence, asks = signing_evidence()
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            active = service.sign(
                work, agreement_id, number=number, sign_in=evidence, asks=asks, **asked
            )
            return {"agreement_id": str(agreement_id), "number": number, "in_force": active}

        body = once(work, carry_out)
    return body, 201, {"Location": _address(agreement_id, number)}


@blueprint.post("/<uuid:agreement_id>/versions/<int:number>/refusals")
@Described.takes(AgreementWordsIn)
@Described.answers(204)
@requires(Permission.AGREEMENT_SIGN)
def decline(agreement_id: UUID, number: int) -> ResponseReturnValue:
    """Refuse to sign a version; it is then over for all."""
    asked = AgreementWordsIn().load(request.get_json(silent=True) or {})
    with unit_of_work(current_actor()) as work:
        once_done(work, service.decline, agreement_id, number=number, **asked)
    return "", 204


@blueprint.post("/<uuid:agreement_id>/suspension")
@Described.takes(SuspensionIn)
@Described.answers(204)
@requires(Permission.AGREEMENT_SUSPEND)
def suspend(agreement_id: UUID) -> ResponseReturnValue:
    """Stop everything an agreement allows, until the end of a day."""
    asked = SuspensionIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, service.suspend, agreement_id, **asked)
    return "", 204


@blueprint.delete("/<uuid:agreement_id>/suspension")
@Described.answers(204)
@requires(Permission.AGREEMENT_SUSPEND)
def resume(agreement_id: UUID) -> ResponseReturnValue:
    """End a suspension before its day."""
    with unit_of_work(current_actor()) as work:
        service.resume(work, agreement_id)
    return "", 204


@blueprint.post("/<uuid:agreement_id>/notices")
@Described.takes(LeavingIn)
@requires(Permission.AGREEMENT_SIGN)
def withdraw(agreement_id: UUID) -> ResponseReturnValue:
    """Give notice for one's organisation; says the agreement's last day after that."""
    asked = LeavingIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            last_day = service.withdraw(work, agreement_id, **asked)
            return {"leaves_on": str(asked["leaves_on"]), "last_day": str(last_day)}

        body = once(work, carry_out)
    return body, 201


@blueprint.post("/<uuid:agreement_id>/termination")
@Described.takes(TerminationIn)
@Described.answers(204)
@requires(Permission.AGREEMENT_SIGN)
def terminate(agreement_id: UUID) -> ResponseReturnValue:
    """End an agreement at once, for all, for cause."""
    asked = TerminationIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:
        once_done(work, service.terminate, agreement_id, **asked)
    return "", 204


@blueprint.put("/<uuid:agreement_id>/links/<uuid:linked_id>")
@Described.answers(204)
@requires(Permission.AGREEMENT_DRAFT)
def link(agreement_id: UUID, linked_id: UUID) -> ResponseReturnValue:
    """Say that a pooled fund and a data-sharing agreement belong together."""
    with unit_of_work(current_actor()) as work:
        service.link(work, agreement_id, linked_id=linked_id)
    return "", 204


def _read(shown: VersionView) -> ResponseReturnValue:
    today = clock.today()
    state = queries.signing(db.session(), current_actor(), shown, today=today)
    body: dict[str, Any] = AgreementVersionOut().dump(shown)
    members = ("signatures", "waiting_for", "asked", "bound", "why_asked")
    also: dict[str, Any] = AgreementVersionOut(only=members).dump(
        {
            "signatures": state.signatures,
            "waiting_for": state.waiting,
            "asked": state.asked,
            "bound": state.bound,
            "why_asked": state.why_asked,
        }
    )
    return {**body, **also}, 200, etags.header(shown.document_sha256)


def _drafted(made: Drafted) -> dict[str, Any]:
    members = ("agreement_id", "number", "terms", "clauses", "document_sha256")
    body: dict[str, Any] = AgreementVersionOut(only=members).dump(made)
    return body


def _made(body: dict[str, Any]) -> ResponseReturnValue:
    address = _address(body["agreement_id"], body["number"])
    return body, 201, {"Location": address, **etags.header(body["document_sha256"])}


def _address(agreement_id: UUID | str, number: int) -> str:
    return url_for("agreements.read_version", agreement_id=agreement_id, number=number)

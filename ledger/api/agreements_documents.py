"""Agreements on paper, for programs: the PDF of a version, and what a SHA-256 is of."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from marshmallow import fields

from ledger.agreements import queries
from ledger.agreements.queries import Whose
from ledger.agreements.rules.lifecycle import State
from ledger.api.agreements_terms import enum_field
from ledger.api.shell import Blueprint as Described
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.edge.guard import public, requires
from ledger.edge.issuing import SHA256, send_pdf
from ledger.edge.limits import limiter

blueprint = Blueprint("agreements_documents", __name__, url_prefix="/api/v1")

_CHECKS = "60 per minute"


class SignedOut(ma.Schema):
    """An organisation that signed a text."""

    organisation = fields.String()
    signed_at = fields.AwareDateTime()


class RecognisedOut(ma.Schema):
    """What a SHA-256 is of. It names organisations and no people."""

    whose = enum_field(Whose)
    sha256 = fields.String()
    title = fields.String()
    version = fields.Integer()
    state = enum_field(State)
    first_day = fields.Date()
    last_day = fields.Date()
    document_sha256 = fields.String()
    signed = fields.Method("signatures", metadata={"type": "array", "items": {"type": "object"}})
    issued_at = fields.AwareDateTime(allow_none=True)
    entry_id = fields.UUID(allow_none=True)

    def signatures(self, found: queries.Recognised) -> Any:
        pairs = [{"organisation": name, "signed_at": at} for name, at in found.signed]
        return SignedOut(many=True).dump(pairs)


@blueprint.get("/agreements/<uuid:agreement_id>/versions/<int:number>/pdf")
@requires(Permission.AGREEMENT_READ)
def pdf(agreement_id: UUID, number: int) -> Response:
    """Take a version as a PDF: its text, who signed it, and how to check that."""
    return send_pdf(agreement_id, number)


@blueprint.get("/agreement-documents/<sha256>")
@Described.answers(200, RecognisedOut)
@public("who was given an agreement on paper must be able to check it without an account")
@limiter.limit(_CHECKS)
def recognise(sha256: str) -> ResponseReturnValue:
    """Say what a SHA-256 in hex is of: a PDF issued here, or the text of a proposed version."""
    if not SHA256.fullmatch(sha256):
        raise NotFound("give a SHA-256: 64 hex digits, in small letters")
    found = queries.recognise(db.session(), sha256)
    if found.whose is Whose.UNKNOWN:
        raise NotFound("this service issued no file and no text with that SHA-256")
    body: dict[str, Any] = RecognisedOut().dump(found)
    return body

"""Asking patients over HTTP: one or several, the list of letters, and taking a question back."""

import csv
from io import StringIO
from typing import Any, Final
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from ledger.api.consent_schemas import NoticeOut, TermsOut, choice_fields, choice_of
from ledger.api.shell import Blueprint as Described
from ledger.consent.asking import queries, service
from ledger.consent.asking.cancelling import cancel as cancel_request
from ledger.consent.asking.rules import PATIENTS_MAX
from ledger.consent.notices.rules import ID_MAX, Format
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.spreadsheets import harmless
from ledger.core.work import unit_of_work
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once

blueprint = Blueprint("consent_asking", __name__, url_prefix="/api/v1")

_COLUMNS: Final = (
    *("consent_id", "name", "awaited_to", "notice"),
    *("notice_version", "language", "format", "digest"),
)


class LibraryChoiceIn(ma.Schema):
    """Which notice of the library is shown."""

    notice_id = fields.String(required=True, validate=validate.Length(1, ID_MAX))
    language = fields.String(required=True, validate=validate.Length(2, 6))
    format = fields.Enum(Format, by_value=True, load_default=Format.STANDARD)


class AskingIn(LibraryChoiceIn):
    """Who is asked to share what, and until when an answer is waited for."""

    patient_ids = fields.List(
        fields.UUID(), required=True, validate=validate.Length(1, PATIENTS_MAX)
    )
    agreement_id = fields.UUID(required=True)
    awaited_to = fields.Date(required=True, metadata={"description": "The last day, included."})
    purposes, categories, organisation_ids, first_day, last_day = choice_fields()


class AskedPatientOut(ma.Schema):
    """One patient who is asked, and the consent that begins."""

    patient_id = fields.UUID()
    consent_id = fields.UUID()


class AskedOut(ma.Schema):
    """What was recorded."""

    request_id = fields.UUID()
    items = fields.List(fields.Nested(AskedPatientOut))


class AnswerCountsOut(ma.Schema):
    """How many; null where a figure would tell who said what."""

    waiting = fields.Integer()
    answered = fields.Integer()
    yes = fields.Integer(allow_none=True)
    no = fields.Integer(allow_none=True)
    unanswered = fields.Integer()


class ConsentRequestOut(ma.Schema):
    """A request as whoever asks sees it."""

    id = fields.UUID()
    agreement_id = fields.UUID()
    asked_at = fields.AwareDateTime(format="iso")
    awaited_to = fields.Date()
    counts = fields.Nested(AnswerCountsOut)
    letters = fields.Integer(metadata={"description": "How many wait for a letter."})
    waiting_ids = fields.List(
        fields.UUID(),
        metadata={"description": "Who has not answered, of those whose consents you may read."},
    )


class ConsentRequestsOut(ma.Schema):
    """A page of requests, the latest first."""

    items = fields.List(fields.Nested(ConsentRequestOut))


class CancelledOut(ma.Schema):
    """How many are not waited for any more."""

    cancelled = fields.Integer()


class AskedOfPatientOut(ma.Schema):
    """What a patient is asked and has not answered; answer with this `consent_id`."""

    consent_id = fields.UUID()
    patient_id = fields.UUID()
    agreement_id = fields.UUID()
    organisation_id = fields.UUID()
    purposes = fields.List(fields.String())
    party_ids = fields.List(fields.UUID())
    terms = TermsOut(allow_none=True)
    notice = fields.Nested(NoticeOut, allow_none=True)
    asked_at = fields.AwareDateTime(format="iso")
    awaited_to = fields.Date()


class AskedOfPatientsOut(ma.Schema):
    """The most urgent first."""

    items = fields.List(fields.Nested(AskedOfPatientOut))


@blueprint.post("/consent-requests")
@Described.takes(AskingIn)
@Described.answers(201, AskedOut)
@requires(Permission.CONSENT_ASK)
def ask() -> ResponseReturnValue:
    """Ask patients to share, and tell those who have an address; the others wait for a letter."""
    asked = AskingIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            done = service.ask(
                work,
                patient_ids=asked["patient_ids"],
                agreement_id=asked["agreement_id"],
                choice=choice_of({**asked, "but_not_person_ids": ()}),
                notice_id=asked["notice_id"],
                language=asked["language"],
                how=asked["format"],
                awaited_to=asked["awaited_to"],
            )
            items = [
                {"patient_id": str(patient_id), "consent_id": str(consent_id)}
                for patient_id, consent_id in sorted(done.consent_ids.items())
            ]
            return {"request_id": str(done.request_id), "items": items}

        body = once(work, carry_out)
    return body, 201, {"Location": url_for("consent_asking.read", request_id=body["request_id"])}


@blueprint.get("/consent-requests")
@Described.answers(200, ConsentRequestsOut)
@requires(Permission.CONSENT_ASK)
def of_organisation() -> ResponseReturnValue:
    """List what the caller's organisation asks, the latest first."""
    limit, after = cursors.limit(), cursors.after(of="consent-requests", shape=(str,))
    found = queries.requests(
        db.session(),
        current_actor(),
        now=clock.now(),
        before=UUID(after[0]) if after else None,
        limit=limit + 1,
    )
    more = (str(found[limit - 1].id),) if len(found) > limit else None
    items = ConsentRequestOut(many=True).dump(found[:limit])
    return {"items": items}, 200, cursors.links(next_after=more, of="consent-requests")


@blueprint.get("/consent-requests/<uuid:request_id>")
@Described.answers(200, ConsentRequestOut)
@requires(Permission.CONSENT_ASK)
def read(request_id: UUID) -> ResponseReturnValue:
    """Read one request: how many answered, and how many wait for a letter."""
    found = queries.request(db.session(), current_actor(), request_id, now=clock.now())
    return ConsentRequestOut().dump(found), 200


@blueprint.post("/consent-requests/<uuid:request_id>/cancellation")
@Described.answers(201, CancelledOut)
@requires(Permission.CONSENT_ASK)
def cancel(request_id: UUID) -> ResponseReturnValue:
    """Wait no longer for those who have not answered. What was answered stands."""
    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: {"cancelled": cancel_request(work, request_id)})
    return body, 201


@blueprint.post("/consent-requests/<uuid:request_id>/letters")
@Described.takes(LibraryChoiceIn)
@requires(Permission.CONSENT_ASK)
def letters(request_id: UUID) -> ResponseReturnValue:
    """Take the list of letters as CSV (RFC 4180). Each patient on it is recorded as told.

    It is taken once: the next list has only who was asked since. If the answer is lost, send
    the same request with the same Idempotency-Key.
    """
    asked = LibraryChoiceIn().load(request.get_json())
    with unit_of_work(current_actor()) as work:

        def carry_out() -> dict[str, Any]:
            found = service.list_letters(
                work,
                request_id,
                notice_id=asked["notice_id"],
                language=asked["language"],
                how=asked["format"],
            )
            return {"rows": [_row(one) for one in found]}

        body = once(work, carry_out)
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow(_COLUMNS)
    lines.writerows(body["rows"])
    headers = {
        "Content-Disposition": "attachment; filename=letters.csv",
        "Cache-Control": "no-store",
    }
    return Response(text.getvalue(), 200, headers, content_type="text/csv; charset=utf-8")


@blueprint.get("/patients/<uuid:patient_id>/consent-requests")
@Described.answers(200, AskedOfPatientsOut)
@requires(Permission.CONSENT_READ)
def of_patient(patient_id: UUID) -> ResponseReturnValue:
    """List what a patient is asked and has not answered, the most urgent first."""
    found = queries.waiting_for(db.session(), current_actor(), patient_id, now=clock.now())
    return {"items": AskedOfPatientOut(many=True).dump(found)}, 200


def _row(letter: service.Letter) -> list[str]:
    notice = letter.notice
    return [
        str(letter.consent_id),
        harmless(letter.name),
        letter.awaited_to.isoformat(),
        notice.id,
        str(notice.version),
        notice.language,
        notice.format,
        notice.digest,
    ]

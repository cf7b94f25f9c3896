"""Consents as programs send and see them. Days are inclusive, where the service is."""

import base64
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from ledger.consent.rules.choices import WORDS_MAX, Choice, Source
from ledger.consent.rules.fhir.proposing import words_of
from ledger.consent.rules.lifecycle import Event, Reason, Status
from ledger.consent.rules.model import Capacity, Effect, Kind, Terms
from ledger.consent.rules.spelling import terms_to_json
from ledger.consent.service import Said, Shown, Waiting
from ledger.vocabulary.categories import Category

_LISTED = validate.Length(max=100)
_CODE = validate.Length(1, 64)


def _enum(kind: Any, **options: Any) -> fields.Enum[Any]:
    return fields.Enum(kind, by_value=True, **options)


class NoticeIn(ma.Schema):
    """The notice that the person was shown, to the letter. Its text is kept as evidence."""

    id = fields.String(required=True, validate=_CODE)
    version = fields.Integer(required=True, strict=True, validate=validate.Range(1, 100_000))
    language = fields.String(required=True, validate=validate.Length(2, 35))
    format = fields.String(load_default="standard", validate=_CODE)
    text = fields.String(required=True, validate=validate.Length(1, 100_000))

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> Shown:
        """Return the value that the command keeps."""
        return Shown(**data)


class EvidenceIn(ma.Schema):
    """A scanned form or a recording, kept as it came for the patient's key alone."""

    media_type = fields.String(
        required=True,
        validate=validate.OneOf(
            ("application/pdf", "image/png", "image/jpeg", "audio/mpeg", "audio/ogg")
        ),
    )
    content = fields.String(
        required=True,
        validate=validate.Length(1, 900_000),
        metadata={"contentEncoding": "base64"},
    )

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> tuple[str, bytes]:
        """Return the type and the bytes."""
        try:
            content = base64.b64decode(data["content"], validate=True)
        except ValueError as error:
            raise ma.ValidationError("write it as base64", "content") from error
        return str(data["media_type"]), content


class SaidIn(ma.Schema):
    """How we know what somebody said."""

    source = _enum(Source, load_default=Source.ONLINE)
    capacity = _enum(Capacity, load_default=Capacity.PATIENT)
    decided_at = fields.AwareDateTime(load_default=None, allow_none=True)
    words = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=WORDS_MAX)
    )
    notice = fields.Nested(NoticeIn, load_default=None, allow_none=True)
    evidence = fields.Nested(EvidenceIn, load_default=None, allow_none=True)


def choice_fields() -> tuple[fields.Field[Any], ...]:
    """Return purposes, categories, organisation_ids, first_day and last_day of a choice."""
    return (
        fields.List(fields.String(validate=_CODE), required=True, validate=_LISTED),
        fields.List(_enum(Category), load_default=list, validate=_LISTED),
        fields.List(fields.UUID(), load_default=list, validate=_LISTED),
        fields.Date(load_default=None, allow_none=True),
        fields.Date(load_default=None, allow_none=True),
    )


class ChoiceIn(SaidIn):
    """What somebody says yes or no to."""

    purposes, categories, organisation_ids, first_day, last_day = choice_fields()
    but_not_person_ids = fields.List(
        fields.UUID(),
        load_default=list,
        validate=_LISTED,
        metadata={"description": "People of these organisations who never get it."},
    )


def _answers() -> fields.UUID:
    said = "The consent that the patient was asked for, if they were: see consent-requests."
    return fields.UUID(load_default=None, allow_none=True, metadata={"description": said})


class GrantIn(ChoiceIn):
    """A yes, under an agreement."""

    agreement_id = fields.UUID(required=True)
    answers = _answers()


class DissentIn(ChoiceIn):
    """A no that stands: with no organisations, to everybody; with no categories, all data."""

    agreement_id = fields.UUID(load_default=None, allow_none=True)
    answers = _answers()


class RefusalIn(GrantIn):
    """A no to a question, which changes nothing else."""

    reason = _enum(Reason, load_default=Reason.NOT_SAID)


class NarrowingIn(ChoiceIn):
    """What is shared from now on: no more than before."""

    reason = _enum(Reason, load_default=Reason.NOT_SAID)


class WithdrawalIn(SaidIn):
    """Taking back what was said, from now on."""

    reason = _enum(Reason, load_default=Reason.NOT_SAID)


class EventOut(ma.Schema):
    """Something that happened to a consent. Words are null where there are none, or erased."""

    event = _enum(Event)
    at = fields.AwareDateTime(format="iso")
    reason = _enum(Reason)
    source = _enum(Source)
    actor = fields.String()
    entry_id = fields.UUID()
    words = fields.String(allow_none=True)


class NoticeOut(ma.Schema):
    """The notice that was shown; the digest is SHA-256 of its text."""

    id = fields.String()
    version = fields.Integer()
    language = fields.String()
    format = fields.String()
    digest = fields.String()


class TermsOut(fields.Raw):
    """The terms, spelled as in the log; null where they are erased."""

    def _serialize(self, value: Terms | None, attr: Any, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else terms_to_json(value)


class ConsentOut(ma.Schema):
    """A consent, by its newest version."""

    id = fields.UUID()
    patient_id = fields.UUID()
    agreement_id = fields.UUID(allow_none=True)
    kind = _enum(Kind)
    base = _enum(Effect, allow_none=True)
    status = _enum(Status)
    number = fields.Integer()
    version = fields.Integer()
    grantor = fields.String()
    capacity = _enum(Capacity)
    purposes = fields.List(fields.String())
    party_ids = fields.List(fields.UUID())
    terms = TermsOut(allow_none=True)
    starts_at = fields.AwareDateTime(format="iso", allow_none=True)
    ends_at = fields.AwareDateTime(format="iso", allow_none=True)
    decided_at = fields.AwareDateTime(format="iso")
    recorded_at = fields.AwareDateTime(format="iso")
    source = _enum(Source)
    notice = fields.Nested(NoticeOut, allow_none=True)
    events = fields.List(fields.Nested(EventOut))


class ConsentsOut(ma.Schema):
    """A page of consents, the latest first."""

    items = fields.List(fields.Nested(ConsentOut))


class RecordedOut(ma.Schema):
    """What was recorded; the entry is what a receipt can be had for."""

    consent_id = fields.UUID()
    entry_id = fields.UUID()


class DoubtOut(ma.Schema):
    """Why it is not enforced, and the element that this is about."""

    reason = fields.String()
    element = fields.String()
    words = fields.String()


class WaitingOut(ma.Schema):
    """Recorded, and not enforced: somebody of the organisation settles it."""

    quarantine_id = fields.UUID()
    entry_id = fields.UUID()
    doubts = fields.List(fields.Nested(DoubtOut))


def waiting_out(waiting: Waiting) -> dict[str, Any]:
    """Return what is answered about a yes that waits for a person."""
    doubts = [
        {"reason": one.reason.value, "element": one.element, "words": words_of(one.reason)}
        for one in waiting.doubts
    ]
    return {
        "quarantine_id": str(waiting.quarantine_id),
        "entry_id": str(waiting.entry_id),
        "doubts": doubts,
    }


def choice_of(asked: dict[str, Any]) -> Choice:
    """Return the choice in what a schema has loaded."""
    return Choice(
        purposes=frozenset(asked["purposes"]),
        categories=frozenset(asked["categories"]),
        organisation_ids=frozenset(asked["organisation_ids"]),
        but_not=frozenset(f"person:{one}" for one in asked["but_not_person_ids"]),
        first_day=asked["first_day"],
        last_day=asked["last_day"],
    )


def said_in(asked: dict[str, Any]) -> Said:
    """Return how we know, in what a schema has loaded."""
    media_type, content = asked["evidence"] or ("application/octet-stream", None)
    return Said(
        source=asked["source"],
        capacity=asked["capacity"],
        decided_at=asked["decided_at"],
        shown=asked["notice"],
        words=asked["words"],
        evidence=content,
        media_type=media_type,
    )

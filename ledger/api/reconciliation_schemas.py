"""What is sent about reconciliations."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from ledger.core.money import MINOR_MAX
from ledger.funding.reconciliation.rules.code_maps import Coded, CodeMap, VatRegime
from ledger.funding.reconciliation.rules.findings import Source
from ledger.funding.rules.chart import Head
from ledger.funding.rules.postings import Nature

CONTENT_MAX = 900_000
FINDING = validate.Regexp(r"^[0-9a-f]{24}$")


def _balance() -> fields.Integer:
    within = validate.Range(min=-MINOR_MAX, max=MINOR_MAX)
    says = "Of a bank statement, in minor units."
    return fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=within,
        metadata={"description": says},
    )


class StatementIn(Schema):
    """A bank statement, or lines of a general ledger, to be compared."""

    organisation_id = fields.UUID(required=True)
    source = fields.Enum(Source, by_value=True, required=True)
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    opening_minor = _balance()
    closing_minor = _balance()
    content = fields.String(
        required=True,
        validate=validate.Length(min=1, max=CONTENT_MAX),
        metadata={"description": "The CSV file, as text."},
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the terms of the command: the file as bytes."""
        return {**data, "content": data["content"].encode()}


class CodeIn(Schema):
    """A line of a list of codes: an account, and its code in the general ledger."""

    head = fields.Enum(Head, by_value=True, required=True)
    of = fields.UUID(load_default=None, allow_none=True)
    nature = fields.Enum(Nature, by_value=True, load_default=None, allow_none=True)
    capital = fields.Boolean(load_default=None, allow_none=True)
    nominal = fields.String(required=True, validate=validate.Length(min=1, max=32))
    cost_centre = fields.String(load_default="", validate=validate.Length(max=32))

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Coded:
        """Return the value."""
        return Coded(**data)


class CodesIn(Schema):
    """How an organisation's general ledger codes the pool's accounts."""

    organisation_id = fields.UUID(required=True)
    lines = fields.List(
        fields.Nested(CodeIn), required=True, validate=validate.Length(min=1, max=1000)
    )
    vat_regime = fields.Enum(VatRegime, by_value=True, required=True)
    vat_rate_percent = fields.Integer(
        strict=True, load_default=20, validate=validate.Range(min=0, max=99)
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the terms of the command."""
        organisation_id = data.pop("organisation_id")
        codes = CodeMap(
            lines=tuple(data["lines"]),
            vat_regime=data["vat_regime"],
            vat_rate_percent=data["vat_rate_percent"],
        )
        return {"organisation_id": organisation_id, "codes": codes}


class FindingsIn(Schema):
    """Which suggested matches are meant, by their keys."""

    findings = fields.List(
        fields.String(validate=FINDING), required=True, validate=validate.Length(min=1, max=500)
    )


class ExplanationIn(Schema):
    """Why something does not match, who sees to it, and by when."""

    words = fields.String(required=True, validate=validate.Length(min=1, max=500))
    owner_id = fields.UUID(required=True)
    due_on = fields.Date(required=True)

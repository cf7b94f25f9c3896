"""What is sent about payment models and the year's end. Rates are exact, as text."""

import re
from fractions import Fraction
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, post_load, validate

from ledger.api.funding_schemas import (
    AmountIn,
    EventIn,
    PartnerWeightIn,
    amount,
    by_partner,
    each_once,
    words,
)
from ledger.funding.rules.payment_models import Line
from ledger.funding.rules.settlement import Inputs, Run
from ledger.funding.rules.year_end import Cause

_RATE: Final = re.compile(r"(-?)(\d{1,15})(\.\d{1,9}|/[1-9]\d{0,14})?")
DIGEST: Final = validate.Regexp(r"[0-9a-f]{64}\Z", error="give a SHA-256 in hexadecimal")
LINES_MOST: Final = 10_000


class Exact(fields.Field[Fraction]):
    """A decimal or a fraction as text, so that it is exact; negative only where that is said."""

    def __init__(self, *, signed: bool = False, **options: Any) -> None:
        self.signed = signed
        super().__init__(**options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Fraction:
        found = _RATE.fullmatch(value) if isinstance(value, str) else None
        if found is None or (found[1] and not self.signed):
            raise ValidationError("give a decimal or a fraction, as text")
        return Fraction(value)


class LineIn(Schema):
    """People of one sort with one provider, and the price of one of them for a month."""

    provider_id = fields.UUID(required=True)
    stratum = words()
    members = Exact(required=True, signed=True)
    rate_minor = Exact(required=True)
    risk_index = Exact(load_default=lambda: Fraction(1), metadata={"default": "1"})

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Line:
        """Return the line."""
        return Line(**data)


class ByHeadIn(EventIn):
    """What a run or a correction by head has."""

    scheme_id = fields.UUID(required=True)
    lines = fields.List(
        fields.Nested(LineIn), required=True, validate=validate.Length(min=1, max=LINES_MOST)
    )
    withhold_rate = Exact(load_default=lambda: Fraction(0), metadata={"default": "0"})
    roster_digest = fields.String(required=True, validate=DIGEST)


class CapitationIn(ByHeadIn):
    """A month to pay for by head."""

    month = fields.Date(required=True, metadata={"description": "Any day of the month."})


class RosterCorrectionIn(ByHeadIn):
    """Months to put right; members are the difference, in member-months."""

    months = fields.List(fields.Date(), required=True, validate=validate.Length(min=1, max=60))


class BonusIn(EventIn):
    """The part of an outcome pot that was earned."""

    scheme_id = fields.UUID(required=True)
    provider_id = fields.UUID(required=True)
    earned_rate = Exact(required=True)
    evidence_digest = fields.String(required=True, validate=DIGEST)


class PartIn(Schema):
    """A provider's part of the price of an episode."""

    provider_id = fields.UUID(required=True)
    amount_minor = amount(required=True)


class BundleIn(EventIn):
    """Episodes to promise at one price. Counts only."""

    scheme_id = fields.UUID(required=True)
    episodes = fields.Integer(strict=True, required=True, validate=validate.Range(min=1, max=10**6))
    parts = fields.List(
        fields.Nested(PartIn), required=True, validate=validate.Length(min=1, max=50)
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return what `bundles.start` takes."""
        given = data.pop("parts")
        parts = each_once(given, "provider_id", lambda one: one["amount_minor"], of="parts")
        return {**data, "parts_minor": parts}


class EpisodesIn(EventIn):
    """Episodes that are over, or will not take place."""

    episodes = fields.Integer(strict=True, required=True, validate=validate.Range(min=1, max=10**6))


class PartyIn(Schema):
    """A party of a settlement, by its weight."""

    organisation_id = fields.UUID(required=True)
    weight = Exact(required=True)


class InputsIn(Schema):
    """What a settlement is computed from. Rates are between 0 and 1."""

    target_minor = amount(required=True)
    actual_minor = fields.Integer(
        strict=True, required=True, validate=validate.Range(min=0, max=2**53 - 1)
    )
    corridor = Exact(required=True)
    gain_rate = Exact(required=True)
    loss_rate = Exact(required=True)
    quality = Exact(required=True)
    cap = Exact(required=True)
    weights = fields.List(
        fields.Nested(PartyIn), required=True, validate=validate.Length(min=1, max=50)
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Inputs:
        """Return the inputs."""
        given = data.pop("weights")
        weights = each_once(given, "organisation_id", lambda one: one["weight"], of="weights")
        return Inputs(**data, weights=weights)


class SettlementIn(EventIn):
    """A run of a settlement; name the settlement if there was one before."""

    scheme_id = fields.UUID(required=True)
    settlement_id = fields.UUID(load_default=None)
    run = fields.Enum(Run, by_value=True, required=True)
    inputs = fields.Nested(InputsIn, required=True)


class CreditIn(AmountIn):
    """What a provider takes back, or has taken back from it."""

    scheme_id = fields.UUID(required=True)
    provider_id = fields.UUID(required=True)
    relates_to = fields.Date(
        load_default=None, metadata={"description": "A day in a closed period."}
    )


class ScheduleIn(Schema):
    """The days on which a contribution falls due."""

    key = words()
    due_on = fields.List(fields.Date(), required=True, validate=validate.Length(min=1, max=366))


class UntilIn(Schema):
    """Up to which day; today, if not given."""

    until = fields.Date(load_default=None)


class ReferenceIn(Schema):
    """The paper behind a step of the year's end."""

    reference = words()


class UnderspendIn(ReferenceIn):
    """A part of the result and why it was left over."""

    amount_minor = amount(required=True)
    cause = fields.Enum(Cause, by_value=True, required=True)
    weights = fields.List(
        fields.Nested(PartnerWeightIn),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=50),
        metadata={"description": "As the partners decided, where the share rule is variable."},
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return what `year_end.carry_forward` takes."""
        return {**data, "weights": by_partner(data.pop("weights"))}


class DrawIn(ReferenceIn):
    """What is taken from the partners' funds to make a year good."""

    ring_fenced = fields.Boolean(load_default=False)
    lines = fields.List(
        fields.Nested(lambda: FundLineIn), required=True, validate=validate.Length(min=1, max=50)
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return what `year_end.draw_fund` takes."""
        given = data.pop("lines")
        lines = each_once(given, "partner_id", lambda one: one["amount_minor"], of="lines")
        return {**data, "amounts_minor": lines}


class FundLineIn(Schema):
    """An amount from one partner's fund."""

    partner_id = fields.UUID(required=True)
    amount_minor = amount(required=True)


class OutcomesOut(Schema):
    """What came of events that may take several transactions."""

    items = fields.List(fields.Dict())

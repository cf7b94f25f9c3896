"""What is sent about pools. Amounts are whole minor units, never decimals."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeVar
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, post_load, validate

from ledger.funding.rules.dimensions import Said, Vat
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import AMOUNT_MAX_MINOR, Nature

V = TypeVar("V")


def words() -> fields.String:
    """Return a required field of up to 200 characters."""
    return fields.String(required=True, validate=validate.Length(min=1, max=200))


def amount(**options: Any) -> fields.Integer:
    """Return a field of whole minor units above zero."""
    says = "Minor units: pence where the currency is GBP."
    within = validate.Range(min=1, max=AMOUNT_MAX_MINOR)
    return fields.Integer(strict=True, validate=within, metadata={"description": says}, **options)


class PoolIn(Schema):
    """A pool to open under an agreement; partners, host and currency are the agreement's."""

    agreement_id = fields.UUID(required=True)
    data_agreement_id = fields.UUID(load_default=None)
    title = words()
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)


class PeriodIn(Schema):
    """Days that a pool may post to, the first and the last included."""

    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)


class SchemeIn(Schema):
    """What money may be allocated to."""

    title = words()
    place = fields.String(load_default=None, validate=validate.Length(min=1, max=100))
    ring_fenced = fields.Boolean(load_default=False)


class ProviderIn(Schema):
    """Whom the pool may owe and pay."""

    provider_id = fields.UUID(required=True)


class ContributionIn(Schema):
    """A contribution that the agreement names, by its key."""

    key = words()
    effective_on = fields.Date(load_default=None)


class EventIn(Schema):
    """What every event has: the other side's reference, and the day it counts for."""

    reference = words()
    effective_on = fields.Date(load_default=None, metadata={"description": "Today if not given."})


class AmountIn(EventIn):
    """An event about an amount."""

    amount_minor = amount(required=True)


class PartnerAmountIn(AmountIn):
    """An amount of a partner's."""

    partner_id = fields.UUID(required=True)


class ProviderAmountIn(AmountIn):
    """An amount for a provider."""

    provider_id = fields.UUID(required=True)


class SchemeAmountIn(AmountIn):
    """An amount for a scheme."""

    scheme_id = fields.UUID(required=True)


BATCH_MAX = 500
"""Events in one request."""
EXACTLY = r"\d{1,15}(\.\d{1,9}|/[1-9]\d{0,14})?$"
"""A weight as text: a decimal or a fraction."""


class PartnerWeightIn(Schema):
    """A partner's weight, exactly: a decimal or a fraction, as text."""

    partner_id = fields.UUID(required=True)
    weight = fields.String(required=True, validate=validate.Regexp(EXACTLY))


class ShareIn(AmountIn):
    """An overspend to share; by the rule of a scheme's line, if it is named."""

    scheme_id = fields.UUID(load_default=None)
    weights = fields.List(
        fields.Nested(PartnerWeightIn),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=50),
        metadata={"description": "As the partners decided, where the rule is variable."},
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return what `shares.share_overspend` takes."""
        return {**data, "weights": by_partner(data.pop("weights"))}


def by_partner(weights: list[dict[str, Any]] | None) -> dict[UUID, Fraction] | None:
    """Return weights as a command takes them; None where the agreement states them."""
    if weights is None:
        return None
    return each_once(weights, "partner_id", lambda one: Fraction(one["weight"]), of="weights")


def each_once(
    lines: list[dict[str, Any]], key: str, value: Callable[[dict[str, Any]], V], *, of: str
) -> dict[UUID, V]:
    """Return what lines say of each id; a second line of one id would hide the first.

    Raises:
        ValidationError: an id is there twice. It names the line of the member *of*.
    """
    found: dict[UUID, V] = {}
    for number, line in enumerate(lines):
        if line[key] in found:
            twice = "this is there twice: send one line for it"
            raise ValidationError({of: {number: {key: [twice]}}})
        found[line[key]] = value(line)
    return found


class CommitmentIn(AmountIn):
    """Spending promised to a provider."""

    scheme_id = fields.UUID(required=True)
    provider_id = fields.UUID(required=True)


class AccrualIn(CommitmentIn):
    """Goods or services that came."""

    commitment_id = fields.UUID(load_default=None)
    nature = fields.Enum(Nature, by_value=True, load_default=None)
    recurrent = fields.Boolean(load_default=None, allow_none=True)
    capital = fields.Boolean(load_default=None, allow_none=True)
    vat = fields.Enum(Vat, by_value=True, load_default=None)
    relates_to = fields.Date(
        load_default=None, metadata={"description": "A day in a closed period."}
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return what `spending.accrue` takes."""
        said = {name: data.pop(name) for name in ("nature", "recurrent", "capital", "vat")}
        return {**data, "said": Said(**said)}


class ReleaseIn(Schema):
    """How much of a commitment is no longer needed."""

    amount_minor = amount(required=True)
    effective_on = fields.Date(load_default=None)


class VirementIn(AmountIn):
    """Budget to move from one scheme to another."""

    from_scheme_id = fields.UUID(required=True)
    to_scheme_id = fields.UUID(required=True)


class LineIn(Schema):
    """An amount for one scheme."""

    scheme_id = fields.UUID(required=True)
    amount_minor = amount(required=True)


class AllocationIn(EventIn):
    """Budget for schemes, amount by amount."""

    lines = fields.List(
        fields.Nested(LineIn), required=True, validate=validate.Length(min=1, max=200)
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return what `budget.allocate` takes."""
        given = data.pop("lines")
        lines = each_once(given, "scheme_id", lambda line: line["amount_minor"], of="lines")
        return {**data, "amounts_minor": lines}


class WeightIn(Schema):
    """A scheme's weight, exactly: a decimal or a fraction, as text."""

    scheme_id = fields.UUID(required=True)
    weight = fields.String(required=True, validate=validate.Regexp(EXACTLY))


class DivisionIn(EventIn):
    """An amount to divide between schemes by weights, to the penny."""

    total_minor = amount(required=True)
    basis = words()
    weights = fields.List(
        fields.Nested(WeightIn), required=True, validate=validate.Length(min=1, max=200)
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return what `budget.divide` takes."""
        given = data.pop("weights")
        weights = each_once(given, "scheme_id", lambda one: Fraction(one["weight"]), of="weights")
        return {**data, "weights": weights}


class OutcomeOut(Schema):
    """What came of an event."""

    transaction_id = fields.UUID()
    event = fields.Enum(Event, by_value=True)
    waiting = fields.Boolean(metadata={"description": "It waits for somebody else's approval."})
    overspent_minor = fields.Integer()
    commitment_id = fields.UUID()


class BatchIn(Schema):
    """Events in order: each an object with ``post``, its sort, and that event's own members.

    `ledger funding events` lists the sorts with their members; they are those of each event's
    own address.
    """

    events = fields.List(fields.Dict(), required=True, validate=validate.Length(1, BATCH_MAX))


class BatchOut(Schema):
    """What came of each event, in the order of the request; a run of many gives several."""

    outcomes = fields.List(fields.Nested(OutcomeOut))


class ItemsOut(Schema):
    """A list; `docs/reference/funding.md` describes its items."""

    items = fields.List(fields.Dict())

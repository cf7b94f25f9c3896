"""The terms of an agreement, as programs send and see them. Days are inclusive, London time."""

from fractions import Fraction
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from ledger.agreements.rules.basis import (
    Article6,
    Article9,
    CommonLaw,
    LawfulBasis,
    Schedule1,
)
from ledger.agreements.rules.fund import (
    DAYS_MAX,
    ApprovalStep,
    Contribution,
    FundTerms,
    OverspendTerms,
    ShareBasis,
    ShareRule,
    Weight,
    percent,
)
from ledger.agreements.rules.terms import (
    Approval,
    ApprovalKind,
    Flow,
    Kind,
    Mode,
    Party,
    PartyRole,
    Terms,
    Variable,
)
from ledger.core.money import MINOR_MAX
from ledger.vocabulary.categories import Category

_KEY = validate.Length(1, 40)
WORDS = validate.Length(0, 1000)
LISTED = validate.Length(max=200)


def enum_field(kind: Any, **options: Any) -> fields.Enum[Any]:
    """Return a field that holds the values of an enumeration."""
    return fields.Enum(kind, by_value=True, **options)


def _amount(**options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(-MINOR_MAX, MINOR_MAX), **options)


def _many(schema: Any, **options: Any) -> fields.List[Any]:
    return fields.List(fields.Nested(schema), validate=LISTED, **options)


class Sorted(fields.List[Any]):
    """A set, always in the same order."""

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> list[Any] | None:
        return super()._serialize(value if value is None else sorted(value), attr, obj, **kwargs)


class Percent(fields.Field[Fraction]):
    """Per cent, as a decimal or a fraction in text, so that it is exact: "2", "2.5", "1/3"."""

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Fraction:
        try:
            return percent(value)
        except (TypeError, ValueError) as error:
            raise ma.ValidationError("Give from 0 to 100 as text, such as 2.5 or 1/3.") from error


def _overspend_days(usual: int) -> fields.Integer:
    within = validate.Range(1, DAYS_MAX)
    return fields.Integer(load_default=usual, strict=True, validate=within)


class _Value(ma.Schema):
    """Loads into a frozen value, whose lists are tuples."""

    value: Any

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> Any:
        return self.value(
            **{name: tuple(one) if isinstance(one, list) else one for name, one in data.items()}
        )


class PartyBody(_Value):
    """An organisation, and when it signs. Its name is the directory's."""

    value = Party
    organisation_id = fields.UUID(required=True)
    name = fields.String(dump_only=True)
    signs_in_group = fields.Integer(load_default=1, strict=True, validate=validate.Range(1, 50))
    leads = fields.Boolean(load_default=False)

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> Party:
        return Party(name="", **data)


class BasisBody(_Value):
    """The law a flow stands on."""

    value = LawfulBasis
    article_6 = enum_field(Article6, required=True)
    article_9 = enum_field(Article9, load_default=None, allow_none=True)
    schedule_1 = enum_field(Schedule1, load_default=None, allow_none=True)
    common_law = enum_field(CommonLaw, load_default=None, allow_none=True)


class FlowBody(_Value):
    """One organisation may give another certain data for one purpose (a v3 ActReason code)."""

    value = Flow
    key = fields.String(required=True, validate=_KEY)
    from_party = fields.UUID(required=True)
    to_party = fields.UUID(required=True)
    purpose = fields.String(required=True, validate=validate.Length(1, 64))
    categories = Sorted(enum_field(Category), required=True, validate=LISTED)
    basis = fields.Nested(BasisBody, required=True)
    from_role = enum_field(PartyRole, load_default=PartyRole.CONTROLLER)
    to_role = enum_field(PartyRole, load_default=PartyRole.CONTROLLER)

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> Flow:
        return Flow(**{**data, "categories": frozenset(data["categories"])})


class ApprovalBody(_Value):
    """A document or decision elsewhere. The reference is a number or title, never a name."""

    value = Approval
    kind = enum_field(ApprovalKind, required=True)
    reference = fields.String(required=True, validate=validate.Length(1, 120))
    approved_on = fields.Date(required=True)
    last_day = fields.Date(load_default=None, allow_none=True)


class VariableBody(_Value):
    """What fills a blank of the template."""

    value = Variable
    name = fields.String(required=True, validate=validate.Length(1, 60))
    text = fields.String(required=True, attribute="value", validate=WORDS)


class ContributionBody(_Value):
    """What a partner puts into the pool."""

    value = Contribution
    key = fields.String(required=True, validate=_KEY)
    partner_id = fields.UUID(required=True)
    source = fields.String(required=True, validate=validate.Length(1, 120))
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    amount_minor = _amount(required=True)


class WeightBody(_Value):
    """A partner's part in a share."""

    value = Weight
    partner_id = fields.UUID(required=True)
    weight = _amount(required=True)


class ShareBody(_Value):
    """How what is over or short is divided."""

    value = ShareRule
    key = fields.String(required=True, validate=_KEY)
    basis = enum_field(ShareBasis, required=True)
    weights = _many(WeightBody, required=True)
    schemes = Sorted(
        fields.String(validate=validate.Length(1, 120)), load_default=list, validate=LISTED
    )
    cap_minor = _amount(load_default=None, allow_none=True)

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> ShareRule:
        return ShareRule(
            **{
                **data,
                "weights": tuple(data["weights"]),
                "schemes": frozenset(data["schemes"]),
            }
        )


class StepBody(_Value):
    """Who approves a movement of money, up to an amount."""

    value = ApprovalStep
    movement = fields.String(required=True, validate=validate.Length(1, 60))
    up_to_minor = _amount(load_default=None, allow_none=True)
    approver = fields.String(required=True, validate=validate.Length(1, 60))


class OverspendBody(_Value):
    """What follows when a scheme goes beyond its budget, or is forecast to."""

    value = OverspendTerms
    notice_days = _overspend_days(OverspendTerms().notice_days)
    plan_days = _overspend_days(OverspendTerms().plan_days)
    warning_percent = Percent(load_default=OverspendTerms().warning_percent)


class FundBody(_Value):
    """What a pool is run by."""

    value = FundTerms
    host_id = fields.UUID(required=True)
    currency = fields.String(load_default="GBP", validate=validate.Regexp(r"^[A-Z]{3}$"))
    contributions = _many(ContributionBody, required=True)
    shares = _many(ShareBody, required=True)
    approvals = _many(StepBody, load_default=list)
    overspends = fields.Nested(OverspendBody, load_default=None, allow_none=True)
    board_decides = fields.Boolean(load_default=None, allow_none=True)


class TermsBody(_Value):
    """The terms of an agreement. A draft may have faults; proposing it names them all."""

    value = Terms
    kind = enum_field(Kind, required=True)
    title = fields.String(required=True, validate=validate.Length(1, 200))
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    review_on = fields.Date(required=True)
    mode = enum_field(Mode, load_default=Mode.ALL)
    parties = _many(PartyBody, required=True)
    flows = _many(FlowBody, load_default=list)
    approvals = _many(ApprovalBody, load_default=list)
    fund = fields.Nested(FundBody, load_default=None, allow_none=True)
    notice_days = fields.Integer(load_default=90, strict=True, validate=validate.Range(1, 3650))
    return_days = fields.Integer(load_default=30, strict=True, validate=validate.Range(1, 3650))
    renews_id = fields.UUID(load_default=None, allow_none=True)
    variables = _many(VariableBody, load_default=list)

"""What is sent about overspends. Amounts are whole minor units, never decimals."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from ledger.api.funding_schemas import amount, words
from ledger.funding.overspend.rules.days import ACTIONS_MAX, Action, Cause


class QuestionIn(Schema):
    """By how much a scheme would be overspent in all, and as of which size of the log."""

    amount_minor = fields.Integer(required=True, metadata={"description": "Minor units."})
    log_size = fields.Integer(load_default=None, validate=validate.Range(min=1, max=10**15))


class ExplanationIn(Schema):
    """Why a scheme is overspent."""

    cause = fields.Enum(Cause, by_value=True, required=True)
    reference = words()


class ActionIn(Schema):
    """What is done, by which partner, by when. Say nothing about people."""

    what = words()
    organisation_id = fields.UUID(required=True)
    by = fields.Date(required=True)

    @post_load
    def action(self, asked: dict[str, Any], **_: object) -> Action:
        """Return it as the rules have it."""
        return Action(**asked)


class ActionPlanIn(Schema):
    """What is going to be done about an overspend."""

    actions = fields.List(
        fields.Nested(ActionIn),
        required=True,
        validate=validate.Length(min=1, max=ACTIONS_MAX),
    )


class CapIn(Schema):
    """The most that a partner is to bear of a scheme's overspends in a period."""

    up_to_minor = amount(required=True)


class ResolutionIn(Schema):
    """What was shown, by its digest, and the reference of the decision."""

    digest = fields.String(required=True, validate=validate.Regexp(r"\A[0-9a-f]{64}\Z"))
    reference = words()


class ReferenceIn(Schema):
    """The reference of the decision."""

    reference = words()

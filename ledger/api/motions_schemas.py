"""Motions as they are sent and answered."""

from fractions import Fraction
from typing import Any

import marshmallow as ma

from audit.values import to_json
from ledger.governance.motions.rules import (
    DAYS_MAX,
    RESOLUTION_MAX,
    TITLE_MAX,
    Basis,
    Choice,
    VotingRules,
)
from ledger.governance.rules import StakeholderClass

_CLASSES = ma.fields.List(
    ma.fields.Enum(StakeholderClass, by_value=True),
    load_default=list,
    metadata={"uniqueItems": True},
)


class VotingRulesIn(ma.Schema):
    """How a body decides. The threshold is an exact fraction, such as ``2/3``."""

    quorum_seats = ma.fields.Integer(required=True, strict=True, validate=ma.validate.Range(1))
    quorum_classes = _CLASSES
    threshold = ma.fields.String(
        load_default="1/2", validate=ma.validate.Regexp(r"^[1-9][0-9]{0,3}/[1-9][0-9]{0,3}$")
    )
    more_than = ma.fields.Boolean(load_default=True)
    basis = ma.fields.Enum(Basis, by_value=True, load_default=Basis.CAST)
    majority_classes = _CLASSES
    veto_classes = _CLASSES
    casting_seat_id = ma.fields.UUID(load_default=None, allow_none=True)
    needs_second = ma.fields.Boolean(load_default=True)
    secret = ma.fields.Boolean(load_default=False)
    days_open = ma.fields.Integer(
        load_default=7, strict=True, validate=ma.validate.Range(1, DAYS_MAX)
    )

    @ma.post_load
    def _made(self, data: dict[str, Any], **_: Any) -> VotingRules:
        classes = ("quorum_classes", "majority_classes", "veto_classes")
        sets = {name: frozenset(data[name]) for name in classes}
        return VotingRules(**{**data, **sets, "threshold": Fraction(data["threshold"])})


class MotionIn(ma.Schema):
    """A motion to propose: words, and what it carries out if it passes."""

    title = ma.fields.String(required=True, validate=ma.validate.Length(1, TITLE_MAX))
    resolution = ma.fields.String(required=True, validate=ma.validate.Length(1, RESOLUTION_MAX))
    effect = ma.fields.String(load_default=None, allow_none=True)
    parameters = ma.fields.Dict(load_default=None, allow_none=True)


class VoteIn(ma.Schema):
    """A vote to open; without a time it closes after as many days as the rules say."""

    closes_at = ma.fields.AwareDateTime(load_default=None, allow_none=True)


class BallotIn(ma.Schema):
    """A ballot. The seat may be left out by whoever holds one."""

    choice = ma.fields.Enum(Choice, by_value=True, required=True)
    seat_id = ma.fields.UUID(load_default=None, allow_none=True)


class InterestIn(ma.Schema):
    """An interest of one's own: step aside, or have it noted."""

    recused = ma.fields.Boolean(required=True)


class BoardIn(ma.Schema):
    """The body that a partner wants to decide about a pool."""

    body_id = ma.fields.UUID(required=True)


class BoardOut(ma.Schema):
    """Whether every partner has agreed to it."""

    decides = ma.fields.Boolean()


class RollSeatOut(ma.Schema):
    """A seat on the roll; ``choice`` only in a vote by name."""

    seat_id = ma.fields.UUID()
    title = ma.fields.String()
    stakeholder = ma.fields.String()
    person_id = ma.fields.UUID()
    voted = ma.fields.Boolean()
    choice = ma.fields.String(allow_none=True)
    recused = ma.fields.Boolean()
    interest = ma.fields.Boolean()


class MotionOut(ma.Schema):
    """A motion, whole."""

    id = ma.fields.UUID()
    entry_id = ma.fields.UUID()
    body_id = ma.fields.UUID()
    title = ma.fields.String()
    resolution = ma.fields.String()
    effect = ma.fields.String(allow_none=True)
    parameters = ma.fields.Function(lambda one: _said(one.parameters), allow_none=True)
    mover_id = ma.fields.UUID()
    proposed_at = ma.fields.AwareDateTime()
    seconder_id = ma.fields.UUID(allow_none=True)
    state = ma.fields.String()
    rules = ma.fields.Function(lambda one: _said(one.rules), allow_none=True)
    closes_at = ma.fields.AwareDateTime(allow_none=True)
    closed_at = ma.fields.AwareDateTime(allow_none=True)
    because = ma.fields.String(allow_none=True)
    count = ma.fields.Function(lambda one: _said(one.count), allow_none=True)
    tried_at = ma.fields.AwareDateTime(allow_none=True)
    problem = ma.fields.String(allow_none=True)
    result = ma.fields.String(allow_none=True)
    waiting = ma.fields.Boolean()
    roll = ma.fields.List(ma.fields.Nested(RollSeatOut))


class MotionsOut(ma.Schema):
    """Motions, the newest first."""

    items = ma.fields.List(ma.fields.Nested(MotionOut))


class OutcomeOut(ma.Schema):
    """What came of a vote; what was carried out is with the motion."""

    outcome = ma.fields.String()
    because = ma.fields.String()
    motion = ma.fields.Nested(MotionOut)


class FigureOut(ma.Schema):
    """What an account would hold before and after."""

    name = ma.fields.String()
    of = ma.fields.UUID(allow_none=True)
    before_minor = ma.fields.Integer()
    after_minor = ma.fields.Integer()


class PreviewOut(ma.Schema):
    """What would come of a motion if it passed now."""

    waiting = ma.fields.Boolean()
    figures = ma.fields.List(ma.fields.Nested(FigureOut))


def _said(value: object) -> object:
    return None if value is None else to_json(value)

"""What figures, statements and journals are asked by, and what they answer, for programs."""

from typing import Any

from marshmallow import Schema, fields, validate

from ledger.edge.cursors import LIMIT_DEFAULT, LIMIT_MAX
from ledger.funding.rules.events import Event
from ledger.funding.rules.journal import Method

_MINOR = "Minor units: pence where the currency is GBP."


def _minor(**options: Any) -> fields.Integer:
    return fields.Integer(metadata={"description": _MINOR}, **options)


class SizeIn(Schema):
    """As of which size of the log."""

    size = fields.Integer(
        validate=validate.Range(0, 10**15),
        metadata={"description": "The newest, if not given. The same size gives the same answer."},
    )


class StatementIn(SizeIn):
    """Which year of a pool, as of which size of the log."""

    period = fields.UUID(metadata={"description": "The newest that had begun, if not given."})


class SampleIn(SizeIn):
    """How a sample is drawn."""

    method = fields.Enum(Method, by_value=True, required=True)
    seed = fields.String(validate=validate.Length(max=100))
    n = fields.Integer(validate=validate.Range(1, 999_999), load_default=25)


class FigureIn(SizeIn):
    """Which figure: of whom, of which days."""

    of = fields.UUID(metadata={"description": "A partner, scheme or provider; all, if not given."})
    first = fields.Date(data_key="from")
    last = fields.Date(data_key="to", metadata={"description": "The last day that counts."})
    after = fields.String(metadata={"description": "Where the last page of postings ended."})
    limit = fields.Integer(validate=validate.Range(1, LIMIT_MAX), load_default=LIMIT_DEFAULT)


class FigurePartOut(Schema):
    """A term of a figure, itself a figure."""

    key = fields.String(required=True)
    of = fields.UUID(allow_none=True)
    sign = fields.Integer(validate=validate.OneOf((-1, 1)))
    amount_minor = _minor(required=True)


class FigureMonthOut(Schema):
    """What moved in a month."""

    month = fields.String(required=True, metadata={"description": "2026-04"})
    amount_minor = _minor(required=True)


class FigurePostingOut(Schema):
    """A posting behind a figure, with the figure after it."""

    transaction_id = fields.UUID(required=True)
    entry_id = fields.UUID(required=True)
    index = fields.Integer(metadata={"description": "The number of its entry in the log."})
    event = fields.Enum(Event, by_value=True)
    effective_on = fields.Date()
    recorded_at = fields.DateTime()
    reference = fields.String(allow_none=True)
    account = fields.String()
    amount_minor = _minor(required=True)
    running_minor = _minor(required=True)


class FigureOut(Schema):
    """Why a figure is what it is. The last running total of the last page is the figure."""

    key = fields.String(required=True)
    words = fields.String()
    how = fields.String(metadata={"description": "Its formula, in words."})
    of = fields.UUID(allow_none=True)
    first = fields.Date(data_key="from", allow_none=True)
    last = fields.Date(data_key="to", allow_none=True)
    log_size = fields.Integer(required=True)
    amount_minor = _minor(required=True)
    opening_minor = _minor(allow_none=True)
    settled_minor = _minor()
    closing_minor = _minor()
    parts = fields.List(fields.Nested(FigurePartOut))
    weights_minor = fields.Dict(keys=fields.UUID(), values=_minor())
    months = fields.List(fields.Nested(FigureMonthOut))
    before_minor = _minor()
    postings = fields.List(fields.Nested(FigurePostingOut))


class PaperColumnOut(Schema):
    """A column of a paper."""

    name = fields.String(required=True)
    words = fields.String()
    sort = fields.String(validate=validate.OneOf(("text", "money", "number", "day")))


class PaperRowOut(Schema):
    """A row of a paper: a cell for each column, as its sort says; money in minor units."""

    figure = fields.String(allow_none=True)
    of = fields.UUID(allow_none=True)
    cells = fields.List(fields.Raw(allow_none=True))


class PaperSectionOut(Schema):
    """A table of a paper."""

    name = fields.String(required=True)
    heading = fields.String()
    note = fields.String()
    columns = fields.List(fields.Nested(PaperColumnOut))
    rows = fields.List(fields.Nested(PaperRowOut))


class PaperOut(Schema):
    """A statement or journal as canonical JSON (RFC 8785); PDF, XLSX and CSV say the same."""

    paper = fields.String(required=True)
    title = fields.String()
    currency = fields.String()
    demonstration = fields.Boolean()
    facts = fields.Dict(keys=fields.String(), values=fields.String())
    steps = fields.List(fields.String())
    sections = fields.List(fields.Nested(PaperSectionOut))

"""Returns for any test, filled in and signed by the commands a user would call.

opened(given)           a return of the first quarter, which is over
filled(given, id)       every cell that is asked answered acceptably
signed(given, id, ...)  every signature given
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ledger.core.actor import Actor, Role
from ledger.core.as_said import log_size
from ledger.core.db import db
from ledger.funding.returns import queries as returns
from ledger.funding.returns import service
from ledger.funding.returns import signing as return_signing
from ledger.funding.returns.models import PoolReturn
from ledger.funding.returns.rules.sheet import Cell, Colour
from ledger.funding.returns.rules.steps import ReturnKind
from ledger.funding.returns.rules.values import ValueKind
from ledger.funding.returns.sources import Told, told
from tests.given import directory
from tests.given.funding import GivenPool, posted

APRIL = datetime(2026, 4, 20, 9, 30, tzinfo=UTC)
"""When the first quarter of a given pool's year is over."""

WORDS = "Said in words that are long enough to be taken."


@dataclass(frozen=True, kw_only=True)
class Chiefs:
    """A finance chief and a chief executive of each partner."""

    finance: tuple[Actor, ...]
    executive: tuple[Actor, ...]
    all: tuple[Actor, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "all", (*self.finance, *self.executive))


def chiefs(given: GivenPool) -> Chiefs:
    """Return somebody of each rank for each partner."""
    made = {
        role: tuple(directory.member(role, at=one) for one in given.partners)
        for role in (Role.CHIEF_FINANCE_OFFICER, Role.CHIEF_EXECUTIVE)
    }
    return Chiefs(finance=made[Role.CHIEF_FINANCE_OFFICER], executive=made[Role.CHIEF_EXECUTIVE])


def opened(given: GivenPool, **chosen: Any) -> UUID:
    """Open a return; of the first quarter, if nothing else is chosen."""
    (period, *_) = given.view.periods
    said = {"kind": ReturnKind.QUARTER, "number": 1, "period_id": period.id, **chosen}
    return posted(given.manager, service.open_return, given.id, **said)


def now(given: GivenPool, return_id: UUID) -> Told:
    """Return what a return says now."""
    session = db.session()
    row = returns.row_of(session, given.view, return_id)
    return told(session, given.view, row, log_size(session), newest=True)


def fitting(cell: Cell) -> str:
    """Return an answer that a cell takes and every check likes."""
    kind = cell.form.kind
    if kind is ValueKind.MONEY:
        return "0" if cell.form.key == "minimum" else str(10**9)
    said = {ValueKind.YES_NO: "yes", ValueKind.WORDS: WORDS, ValueKind.PERCENTAGE: "90"}
    return said.get(kind) or (cell.form.options[0] if cell.form.options else "12")


def filled(given: GivenPool, return_id: UUID, **besides: str) -> None:
    """Answer everything that is red because nobody has answered it."""
    red = [one for one in now(given, return_id).sheet.cells if one.colour is Colour.RED]
    answers = {one.id: fitting(one) for one in red} | besides
    posted(given.manager, service.answer, return_id, answers)


def sign(actor: Actor, return_id: UUID, *, read_digest: str | None = None) -> bool:
    """Sign what was submitted."""
    session = db.session()
    row = session.get_one(PoolReturn, return_id, populate_existing=True)
    terms = {"read_digest": read_digest or row.digest, "acr": None, "auth_time": APRIL}
    session.rollback()
    return posted(actor, return_signing.sign, return_id, **terms)


def signed(given: GivenPool, return_id: UUID, who: Chiefs) -> None:
    """Have everybody sign, in order."""
    assert [sign(one, return_id) for one in who.all][-1]

"""The chapter about returns: one that chief executives are signing, and an incomplete one."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.as_said import log_size
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.funding.returns import queries as returns
from ledger.funding.returns import service
from ledger.funding.returns.rules.sheet import Cell, Colour
from ledger.funding.returns.rules.steps import ReturnKind, days_of
from ledger.funding.returns.rules.values import ValueKind
from ledger.funding.returns.sources import Told, told
from ledger.sample.browser import Browser
from ledger.sample.scene import Scene

SIGNED_BY: Final = ("felix.finance", "thea.finance", "conor.finance", "bruno.chief")
"""The three chief finance officers, and the first of three chief executives."""
LEFT_OUT: Final = frozenset({"narrative", "conditions"})
"""Sections of the newer return that nobody has filled in."""
WORDS: Final = {
    "successes": "Reablement took on as many people as planned; most needed less help after it.",
    "challenges": "More people than planned came home from hospital with a package, early in the "
    "year.",
}
_PER_PERSON_MINOR: Final = 4_800_00

Answers = dict[str, str]
Besides = Callable[[Told], Answers]


def tell(scene: Scene) -> None:
    """Fill in and submit the quarter before last, and have it signed; begin the last one."""
    today = clock.today()
    (period, *_) = scene.pool().periods
    year = period.first_day, period.last_day
    over = [n for n in range(1, 5) if days_of(ReturnKind.QUARTER, n, year)[1] < today]
    first = max(over[-1] - 1, 1)
    _signed(scene, _opened(scene, first, period.id))
    if over[-1] > first:
        newer = _opened(scene, over[-1], period.id)
        _fill(scene, newer, leave_out=LEFT_OUT, besides=_wrong)
        scene.pages["open return"] = f"/pools/{scene.pool().id}/returns/{newer}"
    scene.say("a return that chief executives are signing, and one with cells that are red")


def _opened(scene: Scene, number: int, period_id: UUID) -> UUID:
    pool_id = scene.pool().id
    with unit_of_work(scene.actor("paul.pool", Role.POOL_MANAGER)) as work:
        return service.open_return(
            work, pool_id, kind=ReturnKind.QUARTER, number=number, period_id=period_id
        )


def _signed(scene: Scene, return_id: UUID) -> None:
    """Fill a return in, submit it, and have some of the chiefs sign it in their browsers."""
    _fill(scene, return_id)
    scene.numbered()
    with unit_of_work(scene.actor("paul.pool", Role.POOL_MANAGER)) as work:
        service.submit(work, return_id)
    page = f"/pools/{scene.pool().id}/returns/{return_id}"
    for username in SIGNED_BY:
        browser = Browser.signed_in(scene.address, username, scene.password)
        browser.open(page)
        browser.send({}, having="digest")
    scene.pages["return"] = page


def _fill(
    scene: Scene,
    return_id: UUID,
    *,
    leave_out: frozenset[str] = frozenset(),
    besides: Besides = lambda _: {},
) -> None:
    """Answer everything that is asked, but for the sections that are left out."""
    scene.numbered()
    pool, session = scene.pool(), db.session()
    row = returns.row_of(session, pool, return_id)
    shown = told(session, pool, row, log_size(session), newest=True)
    session.rollback()
    values = {one.id: one.value for one in shown.sheet.cells}
    red = [one for one in shown.sheet.cells if one.colour is Colour.RED]
    answers = {
        one.id: _answer(one, values) for one in red if one.section not in leave_out
    } | besides(shown)
    with unit_of_work(scene.actor("paul.pool", Role.POOL_MANAGER)) as work:
        service.answer(work, return_id, answers)


def _answer(cell: Cell, values: dict[str, str | None]) -> str:
    """Return a believable answer, from what the cells beside it say."""

    def beside(key: str) -> int:
        return int(values.get(f"{cell.section}/{cell.row}/{key}") or 0)

    planned = 20 + beside("planned") // _PER_PERSON_MINOR
    said = {
        "forecast": max(beside("planned"), beside("spent") * 5 // 4),
        "minimum": 0,
        "outputs-planned": planned,
        "outputs": planned // 4,
        "confidence": 90,
    }
    if cell.form.key in said:
        return str(said[cell.form.key])
    if cell.form.kind is ValueKind.YES_NO:
        return "yes"
    if cell.form.key == "progress":
        return "at risk" if beside("spent") > beside("planned") else "on track"
    return WORDS[cell.form.key]


def _wrong(shown: Told) -> Answers:
    """Return what the checks find: fewer people, and less for the year than is spent."""
    schemes = [one.row for one in shown.sheet.cells if one.form.key == "forecast"]
    return {f"schemes/{schemes[0]}/outputs": "12", f"schemes/{schemes[4]}/forecast": "100000"}

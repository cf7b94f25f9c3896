"""Returns in words: what a checklist, a chain of signatures and a due date say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol
from uuid import UUID

from ledger.core.money import parse_minor
from ledger.funding.queries.pools import PoolView
from ledger.funding.returns.files import shown
from ledger.funding.returns.queries import ReturnView
from ledger.funding.returns.rules.forms import form
from ledger.funding.returns.rules.sheet import Cell, Check, Colour
from ledger.funding.returns.rules.steps import ReturnKind, SendBack, Stage, Step
from ledger.funding.returns.rules.values import ValueKind
from ledger.funding.returns.sources import Told
from ledger.web.return_why import why

MARKS: Final = {
    Colour.GREEN: ("✓ Done", "green"),
    Colour.RED: ("✗ Missing", "red"),
    Colour.NOT_ASKED: ("– Not asked", "grey"),
}
"""Words and a mark beside each colour: nobody has to tell red from green."""

STAGES: Final = {
    Stage.DRAFT: ("Being filled in", "blue"),
    Stage.SIGNING: ("Being signed", "yellow"),
    Stage.SIGNED: ("Signed", "green"),
    Stage.WITHDRAWN: ("Withdrawn", "grey"),
}
STEPS: Final = {
    Step.FINANCE: "Chief finance officer (section 151 officer)",
    Step.EXECUTIVE: "Chief executive",
}
REASONS: Final = {
    SendBack.FIGURES: "A figure is wrong",
    SendBack.WORDS: "Words are wrong or unclear",
    SendBack.MISSING: "Something is missing",
    SendBack.NOT_AGREED: "My organisation does not agree",
}


class _Named(Protocol):
    @property
    def kind(self) -> ReturnKind: ...
    @property
    def number(self) -> int: ...
    @property
    def first_day(self) -> date: ...
    @property
    def last_day(self) -> date: ...


def name_of(one: _Named) -> str:
    """Return what a return is called: "Quarter 1, April to June 2026"."""
    what = f"Quarter {one.number}" if one.number else "Year"
    return f"{what}, {one.first_day:%B %Y} to {one.last_day:%B %Y}"


def due_words(due_on: date, today: date) -> tuple[str, str]:
    """Say when something is due, and in which colour."""
    if due_on < today:
        return f"Overdue since {due_on.day} {due_on:%B %Y}", "red"
    return f"Due {due_on.day} {due_on:%B %Y}", "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A cell or check as the page shows it.

    Attributes:
        href: Where it is mended, or where its figure comes from; none if nowhere.
        action: What the link says.
        meant: Whoever sent the return back last named it.
        may_name: It is a cell, which can be named when the return is sent back.
    """

    id: str
    text: str
    value: str
    mark: str
    colour: str
    reason: str
    href: str
    action: str
    meant: bool = False
    may_name: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Lines under one heading."""

    key: str
    title: str
    caption: str
    lines: tuple[Line, ...]

    @property
    def folded(self) -> bool:
        """One of many of its sort in which nothing is left to do: opened by who wants to see."""
        return bool(self.caption) and all(
            line.colour == "green" and not line.meant for line in self.lines
        )


def groups(
    one: ReturnView,
    told: Told,
    *,
    mend: Callable[[str], str],
    may_fill: bool,
) -> list[Group]:
    """Return the checklist: a group for each section and row, then the checks."""
    asked = form(one.form, one.form_version).sections
    sections = {each.key: each.title for each in asked}
    each = {section.key: section.each or "" for section in asked}
    meant = set(one.sent_back[-1].cells) if one.sent_back else set()
    found: dict[tuple[str, str], list[Line]] = {}
    for cell in told.sheet.cells:
        if cell.colour is not Colour.NOT_ASKED or cell.form.optional:
            title = f"{sections[cell.section]}\n{cell.row_title}"
            line = _cell_line(cell, told, mend=mend if may_fill else None)
            if cell.form.source == "postings":
                href, action = why(one, told, each[cell.section], cell)
                line = replace(line, href=href, action=action)
            line = replace(line, meant=cell.id in meant)
            found.setdefault((cell.section, title), []).append(line)
    made = [
        Group(
            key=key,
            title=title.partition("\n")[0],
            caption=title.partition("\n")[2],
            lines=tuple(lines),
        )
        for (key, title), lines in found.items()
    ]
    checks = [
        _check_line(check, mend=mend if may_fill else None)
        for check in told.sheet.checks
        if check.colour is not Colour.NOT_ASKED
    ]
    return [*made, Group(key="checks", title="What has to agree", caption="", lines=tuple(checks))]


def missing(found: list[Group]) -> list[tuple[str, int, str]]:
    """Return how much is red under each heading, and where the first of it is mended."""
    red: dict[str, list[Line]] = {}
    for group in found:
        lines = [line for line in group.lines if line.colour == "red"]
        if lines:
            red.setdefault(group.title, []).extend(lines)
    return [(title, len(lines), lines[0].href) for title, lines in red.items()]


def _cell_line(cell: Cell, told: Told, *, mend: Callable[[str], str] | None) -> Line:
    mark, colour = MARKS[cell.colour]
    carried = " (from the return before)" if cell.carried else ""
    return Line(
        id=cell.id,
        text=cell.form.title,
        value=shown(cell, told.pool.currency) + carried,
        mark=mark,
        colour=colour,
        reason=cell.reason,
        href=mend(cell.section) if mend else "",
        action=("Fill in" if cell.value is None else "Change") if mend else "",
        may_name=True,
    )


def _check_line(check: Check, *, mend: Callable[[str], str] | None) -> Line:
    mark, colour = MARKS[check.colour]
    if check.colour is Colour.RED:
        mark = "✗ Does not agree"
    section = check.cells[0].partition("/")[0] if check.cells else ""
    red = check.colour is Colour.RED and mend is not None and section
    return Line(
        id=check.id,
        text=f"{check.form.title}: {check.row_title}" if check.row_title else check.form.title,
        value="",
        mark=mark,
        colour=colour,
        reason=f"{check.reason}. {check.form.mend}." if check.reason else "",
        href=mend(section) if red and mend else "",
        action="Go to these cells" if red else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStep:
    """A signature that is given, asked for now, or asked for later."""

    who: str
    organisation: str
    state: str
    colour: str


def chain(
    one: ReturnView, pool: PoolView, names: Mapping[UUID, str], people: Mapping[UUID, str | None]
) -> list[ChainStep]:
    """Return the chain of signatures, in order."""
    preparer = (one.preparer_id and people.get(one.preparer_id)) or "somebody"
    submitted = one.stage in {Stage.SIGNING, Stage.SIGNED}
    steps = [
        ChainStep(
            who="Whoever prepares it",
            organisation=names.get(pool.host_id, "The host"),
            state=f"✓ Submitted by {preparer}" if submitted else "Now: fill it in and submit it",
            colour="green" if submitted else "blue",
        )
    ]
    given = {(each.step, each.organisation_id): each for each in one.signatures}
    turn = one.step(pool)
    for step in Step:
        for partner in pool.partner_ids:
            done = given.get((step, partner))
            state, colour = ("Now: to be signed", "blue") if step is turn else ("Later", "grey")
            if done and submitted:
                who = people.get(done.person_id) or "somebody"
                on = f"{done.signed_at.day} {done.signed_at:%B %Y}"
                state, colour = f"✓ Signed by {who}, {on}", "green"
            steps.append(
                ChainStep(
                    who=STEPS[step],
                    organisation=names.get(partner, "A partner"),
                    state=state,
                    colour=colour,
                )
            )
    return steps


def typed(cell: Cell, text: str) -> str | None:
    """Return what somebody typed as the value it is kept as; nothing for nothing.

    Raises:
        Invalid: money that is no amount.
    """
    if not text.strip():
        return None
    return str(parse_minor(text)) if cell.form.kind is ValueKind.MONEY else text


def as_typed(cell: Cell) -> str:
    """Return a value as somebody types it."""
    if cell.value is None:
        return ""
    if cell.form.kind is ValueKind.MONEY:
        major, minor = divmod(int(cell.value), 100)
        return f"{major}.{minor:02}"
    return cell.value

"""The proof of a reconciliation: theirs, ours, and every difference between them, add up.

    what they hold − what is held here  =  what the findings that do not agree come to

to the penny, and the same under each code. What was different before the first day must be
what earlier reconciliations left open: those lines are in the findings of this one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.funding.reconciliation.rules.findings import Finding, Line

Both = tuple[int, int]
"""An amount of theirs and one of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What moved under one code on either side, and what the findings list of the difference.

    Attributes:
        nominal: Empty for a bank, as is the cost centre.
    """

    nominal: str
    cost_centre: str
    theirs_minor: int
    ours_minor: int
    listed_minor: int

    @property
    def holds(self) -> bool:
        """Whether the two sides, adjusted, agree to the penny."""
        return self.theirs_minor - self.ours_minor == self.listed_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """From what they hold to what is held here.

    Attributes:
        opening: Before the first day; of a general ledger, what was left open.
        closing: After the last day, as each side says by itself.
        moved: What the lines of those days come to.
        carried: What earlier reconciliations left open, on each side.
        matched_minor: By how much what counts as matched differs: pennies that were accepted.
        suggested_minor: The same of what waits for a person.
        alone_minor: The same of what has no counterpart.
        not_mapped_minor: What moved here, either way, on accounts that have no code there.
    """

    opening: Both
    closing: Both
    moved: Both
    carried: Both
    steps: tuple[Step, ...]
    matched_minor: int
    suggested_minor: int
    alone_minor: int
    not_mapped_minor: int

    @property
    def opening_unexplained_minor(self) -> int:
        """What was different before the first day, and no earlier reconciliation lists."""
        return (self.opening[0] - self.opening[1]) - (self.carried[0] - self.carried[1])

    @property
    def lines_missing_minor(self) -> Both:
        """By how much each side's own balances and lines disagree; nothing, if it is whole."""
        there, here = (
            close - start - moved
            for close, start, moved in zip(self.closing, self.opening, self.moved, strict=True)
        )
        return there, here

    @property
    def listed_minor(self) -> int:
        """What the findings come to."""
        return self.matched_minor + self.suggested_minor + self.alone_minor

    @property
    def difference_minor(self) -> int:
        """Theirs less ours, at the end."""
        return self.closing[0] - self.closing[1]

    @property
    def holds(self) -> bool:
        """Whether everything adds up, with nothing left over."""
        return (
            all(one.holds for one in self.steps)
            and self.lines_missing_minor == (0, 0)
            and self.opening_unexplained_minor == 0
            and self.difference_minor == self.listed_minor
        )


def proof(
    findings: Sequence[Finding],
    theirs: Sequence[Line],
    ours: Sequence[Line],
    *,
    carried: Both = (0, 0),
    opening: Both | None = None,
    closing: Both | None = None,
    not_mapped_minor: int = 0,
) -> Proof:
    """Return the proof of *findings*.

    Args:
        findings: What came of it.
        theirs: Every line of theirs that went in, those of earlier days included.
        ours: Every line of ours that went in.
        carried: What of both sums earlier reconciliations left open.
        opening: Balances, where there are any; otherwise what is compared is movements.
        closing: Balances at the end, as each side says by itself.
        not_mapped_minor: What moved here on accounts without a code there.
    """
    moved = (_sum(theirs) - carried[0], _sum(ours) - carried[1])
    opens = carried if opening is None else opening
    sums = {"matched": 0, "suggested": 0, "alone": 0}
    for one in findings:
        sums["matched" if one.matched else "suggested" if one.suggested else "alone"] += (
            one.by_minor
        )
    return Proof(
        opening=opens,
        closing=closing or (opens[0] + moved[0], opens[1] + moved[1]),
        moved=moved,
        carried=carried,
        steps=tuple(_steps(findings, theirs, ours)),
        matched_minor=sums["matched"],
        suggested_minor=sums["suggested"],
        alone_minor=sums["alone"],
        not_mapped_minor=not_mapped_minor,
    )


def _steps(
    findings: Sequence[Finding], theirs: Sequence[Line], ours: Sequence[Line]
) -> Iterable[Step]:
    there, here = _by_code(theirs), _by_code(ours)
    listed_there = _by_code(line for one in findings for line in one.theirs)
    listed_here = _by_code(line for one in findings for line in one.ours)
    for code in sorted({*there, *here}):
        yield Step(
            nominal=code[0],
            cost_centre=code[1],
            theirs_minor=there[code],
            ours_minor=here[code],
            listed_minor=listed_there[code] - listed_here[code],
        )


def _by_code(lines: Iterable[Line]) -> Counter[tuple[str, str]]:
    sums: Counter[tuple[str, str]] = Counter()
    for one in lines:
        sums[one.code] += one.amount_minor
    return sums


def _sum(lines: Sequence[Line]) -> int:
    return sum(one.amount_minor for one in lines)

"""Ways in which the other side's books differ from ours, and the one reason that each must get."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ledger.funding.reconciliation.rules.files import papers_of, with_keys
from ledger.funding.reconciliation.rules.findings import Line, Reason, Source

Lines = list[Line]


def one_that(lines: Lines, which: Callable[[Line], bool]) -> Line:
    return next(line for line in lines if which(line))


def changed(which: Callable[[Line], bool], **said: object) -> Callable[[Lines], Lines]:
    """Return a mutation that changes one line of theirs."""

    def mutate(lines: Lines) -> Lines:
        one = one_that(lines, which)
        fields = {k: v(one) if callable(v) else v for k, v in said.items()}
        return [replace(one, **fields) if line is one else line for line in lines]  # type: ignore[arg-type]

    return mutate


def without(which: Callable[[Line], bool]) -> Callable[[Lines], Lines]:
    return lambda lines: [line for line in lines if line is not one_that(lines, which)]


def twice(which: Callable[[Line], bool]) -> Callable[[Lines], Lines]:
    return lambda lines: [*lines, one_that(lines, which)]


def added(*amounts_minor: int, reference: str = "STRAY-77") -> Callable[[Lines], Lines]:
    return lambda lines: [
        *lines,
        *(
            replace(lines[0], day=date(2026, 9, 14), amount_minor=each, reference=reference)
            for each in amounts_minor
        ),
    ]


def split(which: Callable[[Line], bool]) -> Callable[[Lines], Lines]:
    """Return a mutation by which they have one line in two parts."""

    def mutate(lines: Lines) -> Lines:
        one = one_that(lines, which)
        parts = [one.amount_minor // 3, one.amount_minor - one.amount_minor // 3]
        two = [replace(one, amount_minor=p, reference=f"PART-{n}") for n, p in enumerate(parts)]
        return [*(line for line in lines if line is not one), *two]

    return mutate


def run_together(lines: Lines) -> Lines:
    """Return theirs with the payments of one day in one line, as a payment run has them."""
    of_day = [line for line in lines if line.day == date(2027, 3, 29)]
    total = replace(
        of_day[0], amount_minor=sum(one.amount_minor for one in of_day), reference="BACSRUN-9"
    )
    return [*(line for line in lines if line not in of_day), total]


def big(line: Line) -> bool:
    return line.amount_minor < -1_000_000


def early(line: Line) -> bool:
    return line.day == date(2026, 6, 20)


def expense(line: Line) -> bool:
    return line.nominal == "5000"


@dataclass(frozen=True)
class Mutation:
    """What is done to the other side's lines, and what must come of it."""

    name: str
    source: Source
    there: Callable[[Lines], Lines]
    reason: Reason
    by_minor: int | None = None
    here: Callable[[Lines], Lines] = list


def gross(one: Line) -> int:
    return (one.amount_minor * 120 + 50) // 100


BANK, LEDGER = Source.BANK, Source.LEDGER
MUTATIONS = (
    Mutation(
        "no reference",
        BANK,
        changed(early, reference="X-1", papers=papers_of("X-1")),
        Reason.OTHER_REFERENCE,
        0,
    ),
    Mutation(
        "other day, no reference",
        BANK,
        changed(big, reference="", day=lambda o: o.day - timedelta(2)),
        Reason.OTHER_REFERENCE,
        0,
    ),
    Mutation("a payment run", BANK, run_together, Reason.ONE_OF_THEIRS, 0),
    Mutation("in two parts", BANK, split(early), Reason.ONE_OF_OURS, 0),
    Mutation(
        "a penny",
        BANK,
        changed(early, amount_minor=lambda o: o.amount_minor + 1),
        Reason.PENNY_ROUNDING,
        1,
    ),
    Mutation(
        "another amount",
        BANK,
        changed(early, amount_minor=lambda o: o.amount_minor - 12_345),
        Reason.AMOUNT_DIFFERS,
        -12_345,
    ),
    Mutation(
        "digits swapped",
        BANK,
        changed(big, amount_minor=-217_350_083),
        Reason.DIGITS_SWAPPED,
        here=changed(big, amount_minor=-271_350_083),
    ),
    Mutation(
        "the other way round",
        BANK,
        changed(early, amount_minor=lambda o: -o.amount_minor),
        Reason.SIGN_REVERSED,
    ),
    Mutation(
        "the other way, no reference",
        BANK,
        changed(early, amount_minor=lambda o: -o.amount_minor, reference="Q-1"),
        Reason.SIGN_REVERSED,
    ),
    Mutation("paid twice", BANK, twice(early), Reason.TWICE_THERE),
    Mutation(
        "recorded twice",
        BANK,
        list,
        Reason.TWICE_HERE,
        here=lambda lines: list(with_keys(twice(early)(lines))),
    ),
    Mutation("a charge of the bank", BANK, added(-12_50), Reason.MISSING_HERE, -12_50),
    Mutation("came and went", BANK, added(5_000, -5_000), Reason.REVERSED_THERE, 0),
    Mutation("not at the bank", BANK, without(early), Reason.MISSING_THERE),
    Mutation(
        "not at the bank yet",
        BANK,
        without(lambda o: o.day >= date(2027, 3, 29)),
        Reason.TIMING_THERE,
    ),
    Mutation(
        "wrong nominal code", LEDGER, changed(expense, nominal="5999"), Reason.WRONG_NOMINAL, 0
    ),
    Mutation(
        "wrong nominal, no paper",
        LEDGER,
        changed(expense, nominal="5999", reference="Z-1"),
        Reason.WRONG_NOMINAL,
        0,
    ),
    Mutation(
        "wrong cost centre",
        LEDGER,
        changed(expense, cost_centre="CC9"),
        Reason.WRONG_COST_CENTRE,
        0,
    ),
    Mutation(
        "wrong period",
        LEDGER,
        changed(expense, day=lambda o: o.day + timedelta(40)),
        Reason.WRONG_PERIOD,
        0,
    ),
    Mutation("with tax", LEDGER, changed(expense, amount_minor=gross), Reason.VAT_DIFFERENCE),
    Mutation(
        "capital as revenue",
        LEDGER,
        list,
        Reason.CAPITAL_AS_REVENUE,
        0,
        here=changed(expense, nominal="0100", capital=True, revenue_nominal="5000"),
    ),
    Mutation("not in the ledger", LEDGER, without(expense), Reason.MISSING_THERE),
    Mutation("a journal of theirs", LEDGER, added(99_00), Reason.MISSING_HERE, 99_00),
)

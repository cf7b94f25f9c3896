"""What a reconciliation says to people: its reasons in words, its three parts, its proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from markupsafe import Markup

from ledger.core.money import format_minor
from ledger.funding.reconciliation.queries import Explained, ReconciliationView, Result
from ledger.funding.reconciliation.rules.findings import Finding, Line, Reason, Source
from ledger.web.charts import Bar, bars
from ledger.web.shell import day as in_words

REASONS: Final[Mapping[Reason, str]] = {
    Reason.EXACT: "Same reference and amount",
    Reason.REVERSED_HERE: "Recorded here and reversed; they never had it",
    Reason.REVERSED_THERE: "Came and went there; it was never recorded here",
    Reason.OTHER_REFERENCE: "Same amount about the same day, another reference",
    Reason.ONE_OF_THEIRS: "One line of theirs is the sum of several of ours",
    Reason.ONE_OF_OURS: "One line of ours is the sum of several of theirs",
    Reason.WRONG_PERIOD: "In another month there",
    Reason.WRONG_NOMINAL: "Under another nominal code there",
    Reason.WRONG_COST_CENTRE: "Under another cost centre there",
    Reason.CAPITAL_AS_REVENUE: "Capital here, coded as revenue there",
    Reason.SIGN_REVERSED: "The same amount the other way round",
    Reason.PENNY_ROUNDING: "Differs by rounding",
    Reason.VAT_DIFFERENCE: "Differs by the value added tax",
    Reason.DIGITS_SWAPPED: "Two digits have changed places",
    Reason.AMOUNT_DIFFERS: "The amounts differ",
    Reason.TIMING_THERE: "Not there yet: recorded here in the last days",
    Reason.TIMING_HERE: "Recorded here after the last day",
    Reason.TWICE_THERE: "Perhaps there twice",
    Reason.TWICE_HERE: "Perhaps recorded here twice",
    Reason.MISSING_HERE: "Not recorded here",
    Reason.MISSING_THERE: "Not there",
}
"""Each reason, in words."""

SOURCES: Final[Mapping[Source, str]] = {
    Source.BANK: "bank statement",
    Source.LEDGER: "general ledger",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One finding as a page shows it; *agrees* if both sides come to the same amount."""

    key: str
    heading: str
    theirs: tuple[str, ...]
    ours: tuple[str, ...]
    differs: str
    suggested: bool
    agrees: bool
    flagged: bool
    explained: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ResultPage:
    """What came of a comparison, in three parts: what matches, what does not, the proof."""

    title: str
    state: str
    chart: Markup
    counts: list[list[str]]
    matched_rows: list[list[str]]
    suggested: tuple[Card, ...]
    alone: tuple[Card, ...]
    proof_rows: list[list[str]]
    code_rows: list[list[str]]
    holds: bool
    proof_words: str

    @classmethod
    def of(
        cls,
        one: ReconciliationView,
        found: Result,
        names: Mapping[UUID, str],
        currency: str,
    ) -> "ResultPage":
        """Present a result."""
        counts = _counts(found)
        total = max(sum(counts.values()), 1)
        cards = [_card(each, found, names, currency) for each in found.unmatched]
        return cls(
            title=f"{names[one.organisation_id]}: {SOURCES[one.source]}, "
            f"{in_words(one.first_day)} to {in_words(one.last_day)}",
            state=state(one),
            chart=bars(
                "Lines matched, explained and not explained",
                [Bar(label, number, total) for label, number in counts.items()],
                part_word="lines", whole_word="all lines", say=str, name="lines",
            ),
            counts=[[label, str(number)] for label, number in counts.items()],
            matched_rows=[_matched(each, currency) for each in found.matched],
            suggested=tuple(card for card in cards if card.suggested),
            alone=tuple(card for card in cards if not card.suggested),
            proof_rows=_proof_rows(one, found, currency),
            code_rows=_code_rows(found, currency),
            holds=found.proof.holds,
            proof_words="It adds up to the penny."
            if found.proof.holds
            else "It does not add up: "
            f"{format_minor(found.proof.opening_unexplained_minor, currency)} was different "
            "before the first day, and no signed reconciliation lists it.",
        )  # fmt: skip


def state(one: ReconciliationView) -> str:
    """Say how far it has got."""
    if one.signed_at is not None:
        return f"Signed on {in_words(one.signed_at.date())}"
    if one.prepared_by is not None:
        return "Waits for somebody else to look at it and sign"
    return "Not compared yet" if one.log_size is None else "Being worked on"


def line_words(line: Line, currency: str) -> str:
    """Say what a line says."""
    code = " ".join(part for part in (line.nominal, line.cost_centre) if part)
    parts = [in_words(line.day), format_minor(line.amount_minor, currency), line.reference]
    where = f"line {line.row} of their file" if line.row else ""
    return ", ".join(part for part in (*parts, code and f"code {code}", where) if part)


def _card(one: Finding, found: Result, names: Mapping[UUID, str], currency: str) -> Card:
    said = found.explained.get(one.key)
    return Card(
        key=one.key,
        heading=REASONS[one.reason],
        theirs=tuple(line_words(line, currency) for line in one.theirs),
        ours=tuple(line_words(line, currency) for line in one.ours),
        differs=format_minor(one.by_minor, currency),
        suggested=one.suggested,
        agrees=one.by_minor == 0,
        flagged=any(line.flagged for line in one.ours),
        explained=_explained(said, names) if said else (),
    )


def _explained(said: Explained, names: Mapping[UUID, str]) -> tuple[tuple[str, str], ...]:
    return (
        ("Why", said.words if said.words is not None else "The words were erased"),
        ("Who sees to it", names.get(said.owner_id, "")),
        ("By", in_words(said.due_on)),
    )


def _matched(one: Finding, currency: str) -> list[str]:
    day: date = min(line.day for line in (*one.theirs, *one.ours))
    reference = next((line.reference for line in (*one.ours, *one.theirs) if line.reference), "")
    amount = format_minor(one.ours_minor if one.ours else one.theirs_minor, currency)
    by = "accepted by a person" if one.accepted else "certain"
    return [in_words(day), reference, amount, f"{REASONS[one.reason]} ({by})"]


def _counts(found: Result) -> dict[str, int]:
    def lines(one: Finding) -> int:
        return len(one.theirs) + len(one.ours)

    explained = [one for one in found.unmatched if one.key in found.explained]
    silent = [one for one in found.unmatched if one.key not in found.explained]
    return {
        "Matched": sum(map(lines, found.matched)),
        "Explained": sum(map(lines, explained)),
        "Not explained": sum(map(lines, silent)),
    }


def _proof_rows(one: ReconciliationView, found: Result, currency: str) -> list[list[str]]:
    proof = found.proof
    bank = one.source is Source.BANK
    rows = [
        ("Their balance at the end" if bank else "Their movements", proof.closing[0]),
        ("What waits for your yes", -proof.suggested_minor),
        ("What has no counterpart", -proof.alone_minor),
        ("What was accepted with a difference", -proof.matched_minor),
        ("Different before the first day, and not listed", -proof.opening_unexplained_minor),
        ("What is held here" if bank else "Our movements", proof.closing[1]),
    ]
    shown = [[words, format_minor(amount, currency)] for words, amount in rows]
    if proof.not_mapped_minor:
        amount = format_minor(proof.not_mapped_minor, currency)
        shown.append(["Not compared: accounts without a code there", amount])
    return shown


def _code_rows(found: Result, currency: str) -> list[list[str]]:
    return [
        [
            " ".join(part for part in (step.nominal, step.cost_centre) if part),
            format_minor(step.theirs_minor, currency),
            format_minor(step.ours_minor, currency),
            format_minor(step.listed_minor, currency),
        ]
        for step in found.proof.steps
        if step.nominal
    ]

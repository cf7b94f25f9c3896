"""The journal as a paper, for auditors: every transaction, totals to control it by, a digest."""

from collections.abc import Sequence
from hashlib import sha256

from audit import encode
from audit.canonical import Json
from ledger.funding.papers.paper import Cell, Column, Paper, Row, Section, Sort, plain
from ledger.funding.queries.as_of import PoolAt
from ledger.funding.rules.journal import HOW, Journalled, Method

COLUMNS = (
    Column("index", "Entry", Sort.NUMBER),
    Column("transaction", "Transaction"),
    Column("event", "What"),
    Column("effective_on", "Counts for", Sort.DAY),
    Column("recorded_at", "Recorded"),
    Column("maker", "Maker"),
    Column("approvers", "Approvers"),
    Column("agreement", "Agreement version, clause"),
    Column("reference", "Reference"),
    Column("financial", "Financial book, debits", Sort.MONEY),
    Column("budget", "Budget book, debits", Sort.MONEY),
    Column("reverses", "Reverses"),
    Column("reversed_by", "Reversed by"),
    Column("relates_to", "Corrects the day", Sort.DAY),
    Column("flags", "Flags"),
    Column("entry", "Entry's id"),
)


def journal_paper(
    pool: PoolAt,
    root: str,
    journal: Sequence[Journalled],
    *,
    drawn: Sequence[Journalled] | None = None,
    method: Method | None = None,
    seed: str = "",
    demonstration: bool = False,
) -> Paper:
    """Return the whole journal, or the sample *drawn* from it, with the totals of both.

    Args:
        pool: Whose journal.
        root: The root of the ledger's tree at its size, in hex.
        journal: Every transaction, in the order of the log.
        drawn: The sample.
        method: How it was drawn.
        seed: From which seed.
        demonstration: Whether everything is made up.
    """
    shown = journal if drawn is None else drawn
    rows = tuple(Row(_cells(one)) for one in shown)
    facts = [
        ("Pool", f"{pool.title} ({pool.id})"),
        ("Agreement", f"{pool.agreement_id}, version {pool.agreement_version}"),
        ("Log size", str(pool.size)),
        ("Tree root", root),
        *_totals("Journal", journal),
    ]
    steps = ["The same size of the log gives the same journal: ledger journal list."]
    if method is not None:
        facts += [("Method", method), ("Seed", seed), *_totals("Sample", shown)]
        steps = [HOW[method], "The same seed and size draw the same sample: ledger journal sample."]
    return Paper(
        name=f"{'journal' if method is None else 'sample'}-{pool.id}-{pool.size}",
        title=f"{pool.title}: {'journal' if method is None else 'sample of the journal'}",
        currency=pool.currency,
        facts=tuple(facts),
        sections=(Section("journal", "Journal", COLUMNS, rows),),
        steps=tuple(steps),
        demonstration=demonstration,
    )


def digest(journal: Sequence[Journalled]) -> str:
    """Return the SHA-256 of rows as canonical JSON (RFC 8785), a list of lists of texts."""
    rows: list[Json] = [
        [plain(cell, one.sort) for cell, one in zip(_cells(row), COLUMNS, strict=True)]
        for row in journal
    ]
    return sha256(encode(rows)).hexdigest()


def _totals(what: str, journal: Sequence[Journalled]) -> list[tuple[str, str]]:
    financial = sum(one.financial_minor for one in journal)
    budget = sum(one.budget_minor for one in journal)
    return [
        (f"{what}: transactions", str(len(journal))),
        (f"{what}: debits and credits of the financial book", plain(financial, Sort.MONEY)),
        (f"{what}: debits and credits of the budget book", plain(budget, Sort.MONEY)),
        (f"{what}: SHA-256 of the rows", digest(journal)),
    ]


def _cells(one: Journalled) -> tuple[Cell, ...]:
    return (
        one.index,
        str(one.id),
        str(one.event),
        one.effective_on,
        one.recorded_at.isoformat(),
        one.maker,
        "; ".join(one.approvers),
        f"{one.agreement_version}, {one.clause}",
        one.reference or "",
        one.financial_minor,
        one.budget_minor,
        str(one.reverses or ""),
        str(one.reversed_by or ""),
        one.relates_to,
        " ".join(one.flags),
        str(one.entry_id),
    )

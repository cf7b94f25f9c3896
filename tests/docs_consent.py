"""The table of statuses and events in docs/reference/consent.md, made from the rules.

`python -m tests.docs_consent` writes that part again; `tests/consent/test_matrix.py` fails when
it is stale, and tries every cell by the commands.
"""

from pathlib import Path

from ledger.consent.rules.lifecycle import TRANSITIONS, Event, Status

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "consent.md"
BEGIN, END = "<!-- made from rules/lifecycle -->", "<!-- end -->"


def matrix() -> str:
    """Return the table: a cell names the status after the event; an empty one is refused."""
    rows = [f"| at | {' | '.join(Event)} |", f"|---|{'---|' * len(Event)}"]
    for status in (None, *Status):
        cells = (TRANSITIONS[status].get(event, "") for event in Event)
        rows.append(f"| **{status or 'nothing'}** | {' | '.join(cells)} |")
    return "\n".join(rows)


def page(text: str) -> str:
    """Return the page with the table as it is now."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{matrix()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
